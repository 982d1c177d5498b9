"""Names of XML: the namespaces we speak, the prefix each is written with, and qualified names."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element

ENV = "http://www.w3.org/2003/05/soap-envelope"
SOAP_1_1 = "http://schemas.xmlsoap.org/soap/envelope/"
XML = "http://www.w3.org/XML/1998/namespace"
XS = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSNT = "http://docs.oasis-open.org/wsn/b-2"
WSTOP = "http://docs.oasis-open.org/wsn/t-1"
WSN_BROKER = "http://docs.oasis-open.org/wsn/bw-2"
WSRF_BF = "http://docs.oasis-open.org/wsrf/bf-2"
WSRF_R = "http://docs.oasis-open.org/wsrf/r-2"
WSRF_RW = "http://docs.oasis-open.org/wsrf/rw-2"

TER = "http://www.onvif.org/ver10/error"
TT = "http://www.onvif.org/ver10/schema"
TNS1 = "http://www.onvif.org/ver10/topics"
TDS = "http://www.onvif.org/ver10/device/wsdl"
TEV = "http://www.onvif.org/ver10/events/wsdl"
TRT = "http://www.onvif.org/ver10/media/wsdl"
TR2 = "http://www.onvif.org/ver20/media/wsdl"
TIMG = "http://www.onvif.org/ver20/imaging/wsdl"
TMD = "http://www.onvif.org/ver10/deviceIO/wsdl"
TPTZ = "http://www.onvif.org/ver20/ptz/wsdl"
TAN = "http://www.onvif.org/ver20/analytics/wsdl"
TRC = "http://www.onvif.org/ver10/recording/wsdl"
TSE = "http://www.onvif.org/ver10/search/wsdl"
TRP = "http://www.onvif.org/ver10/replay/wsdl"
TRV = "http://www.onvif.org/ver10/receiver/wsdl"
TSC = "http://www.onvif.org/ver10/schedule/wsdl"
TAS = "http://www.onvif.org/ver10/advancedsecurity/wsdl"
PT = "http://www.onvif.org/ver10/pacs"
DN = "http://www.onvif.org/ver10/network/wsdl"
WSD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
WSA_2004 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"

PREFIXES: dict[str, str] = {
    ENV: "env",
    XS: "xs",
    XSI: "xsi",
    WSA: "wsa",
    WSSE: "wsse",
    WSU: "wsu",
    WSNT: "wsnt",
    WSTOP: "wstop",
    WSRF_BF: "wsrf-bf",
    WSRF_R: "wsrf-r",
    WSRF_RW: "wsrf-rw",
    TER: "ter",
    TT: "tt",
    TNS1: "tns1",
    TDS: "tds",
    TEV: "tev",
    TRT: "trt",
    TR2: "tr2",
    TIMG: "timg",
    TMD: "tmd",
    TPTZ: "tptz",
    TAN: "tan",
    TRC: "trc",
    TSE: "tse",
    TRP: "trp",
    TRV: "trv",
    TSC: "tsc",
    TAS: "tas",
    PT: "pt",
    DN: "dn",
    WSD: "d",
}


class QName(NamedTuple):
    """A qualified name: namespace address ("" for none) and local name."""

    namespace: str
    name: str

    @property
    def clark(self) -> str:
        """`{namespace}name`, as lxml spells tags."""
        return f"{{{self.namespace}}}{self.name}" if self.namespace else self.name

    @classmethod
    def of(cls, clark: str) -> QName:
        """The inverse of `clark`."""
        namespace, brace, name = clark.rpartition("}")
        return cls(namespace[1:] if brace else "", name)

    @property
    def prefix(self) -> str:
        """The prefix this name is written with; `q` for a namespace not ours."""
        return PREFIXES.get(self.namespace, "q")


def local_name(clark: str) -> str:
    """The part of `{namespace}name` behind the brace."""
    return clark.rpartition("}")[2]


def nsmap(*namespaces: str) -> dict[str, str]:
    """Declarations of these namespaces with their preferred prefixes, for `etree.Element(nsmap=...)`."""
    return {PREFIXES[namespace]: namespace for namespace in namespaces}
