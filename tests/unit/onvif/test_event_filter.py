"""What clients write in event filters of jobs means what they declared."""

import pytest

from argus.base.errors import InvalidValue
from argus.onvif.recording.event_filter import with_our_prefixes
from argus.soap.namespaces import TNS1, TT


def test_a_filter_is_kept_with_the_prefixes_this_device_writes() -> None:
    expression = 'boolean(//t:SimpleItem[@Name="Active" and @Value="true"])|e:Device/Trigger'
    renamed = with_our_prefixes(expression, {"t": TT, "e": TNS1})
    assert renamed == 'boolean(//tt:SimpleItem[@Name="Active" and @Value="true"])|tns1:Device/Trigger'


def test_our_prefix_for_a_namespace_that_is_not_ours_is_refused() -> None:
    with pytest.raises(InvalidValue) as refusal:
        with_our_prefixes("tns1:Device/Trigger", {"tns1": "urn:of-a-manufacturer"})
    assert refusal.value.subject == "job configuration"


def test_what_is_no_declared_prefix_stays_as_it_is() -> None:
    assert with_our_prefixes("child::tt:Data|other:Thing", {"tt": TT}) == "child::tt:Data|other:Thing"
