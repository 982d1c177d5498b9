"""Every ioctl, netlink message, system call and /sys path, each beside its simulated twin."""
