"""Refusals of packing and unpacking; each changed nothing.

`ranges` names the first stamps that are at fault as people write them, `cartons` the first labels.
"""

from ledger.errors import UnknownRow
from stamps.errors import VeritemError


class UnknownCarton(UnknownRow):
    """No carton or pallet has this label, or none in the actor's scope."""

    code = "unknown-carton"
    message = "there is no carton {carton}"


class AmbiguousCarton(VeritemError):
    """Several organisations use this label; `ids` names each of them."""

    code = "ambiguous-carton"
    message = "several organisations use the label {carton}; name one of: {ids}"


class StampsNotActive(VeritemError):
    """Only activated stamps are packed."""

    code = "stamps-not-active"
    message = "{ranges} are not activated"


class StampsOfAnother(VeritemError):
    """The stamps are bound to a lot of another organisation."""

    code = "stamps-of-another"
    message = "{ranges} vouch for lots of another organisation"


class StampsElsewhere(VeritemError):
    """The stamps are in another carton."""

    code = "stamps-elsewhere"
    message = "{ranges} are in carton {label}"


class StampsNotInCarton(VeritemError):
    """Stamps that are to be unpacked are not in the carton."""

    code = "stamps-not-in-carton"
    message = "{ranges} are not in carton {label}"


class CartonsElsewhere(VeritemError):
    """The cartons are on another pallet."""

    code = "cartons-elsewhere"
    message = "{cartons} are on pallet {label}"


class CartonsNotOnPallet(VeritemError):
    """Cartons that are to be unpacked are not on the pallet."""

    code = "cartons-not-on-pallet"
    message = "{cartons} are not on pallet {label}"


class WrongCartonKind(VeritemError):
    """Stamps go into cartons, and cartons onto pallets; a label keeps its kind."""

    code = "wrong-carton-kind"
    message = "{label} is a {kind}: stamps go into cartons, and cartons onto pallets"


class CartonEmpty(VeritemError):
    """Nothing is in the carton."""

    code = "carton-empty"
    message = "nothing is in {label}"


class CartonFull(VeritemError):
    """More than a carton or pallet may hold."""

    code = "carton-full"
    message = "{label} would hold more than {most} {what}"


class AlreadyPacked(VeritemError):
    """Everything that was named is in the carton already."""

    code = "already-packed"
    message = "everything named is in {label} already"
