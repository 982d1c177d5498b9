"""The rules of media URIs, against anything a client may send."""

from urllib.parse import unquote, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from argus.base.errors import InvalidValue
from argus.store.recording.receiver import ReceiverConfiguration
from argus.store.recording.receiver_rules import MAX_URI_LENGTH, SCHEMES, check_configuration, without_credentials

PIECES = [
    "rtsp",
    "http",
    "://",
    ":",
    "@",
    "/",
    "?",
    "#",
    "[",
    "]",
    "::1",
    "camera",
    "s3cret",
    "554",
    "%0a",
    "\\",
    " ",
    "é",
]
URIS = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=20).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=20).map(lambda pieces: "rtsp://" + "".join(pieces)),
)


def is_accepted(uri: str) -> bool:
    try:
        check_configuration(ReceiverConfiguration(media_uri=uri), lambda _uri: None)
    except InvalidValue:
        return False
    return True


@given(URIS)
@example("rtsp://a@b:1/")
def test_an_accepted_uri_is_one_that_a_camera_can_be_asked_by(uri: str) -> None:
    if uri and is_accepted(uri):
        parts = urlsplit(uri)
        assert parts.scheme in SCHEMES
        assert parts.hostname
        assert parts.port is None or 0 < parts.port < 65_536
        assert uri.isascii()
        assert uri.isprintable()
        assert " " not in uri
        assert len(uri) <= MAX_URI_LENGTH
        assert unquote(parts.username or "").isprintable()


@given(URIS)
@example("rtsp://user:s3cret@camera/a@b?c@d")
@example("rtsp://user:s3@cret@camera")
def test_what_is_shown_of_an_accepted_uri_leads_to_the_same_place_without_the_user_info(uri: str) -> None:
    if uri and is_accepted(uri):
        parts, shown = urlsplit(uri), urlsplit(without_credentials(uri))
        assert (shown.username, shown.password) == (None, None)
        assert (shown.scheme, shown.hostname, shown.port) == (parts.scheme, parts.hostname, parts.port)
        assert (shown.path, shown.query, shown.fragment) == (parts.path, parts.query, parts.fragment)
        if parts.username is None:
            assert without_credentials(uri) == uri


def test_nothing_is_left_as_it_is() -> None:
    assert without_credentials("") == ""
