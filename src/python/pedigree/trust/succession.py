"""How one version of the trust root follows another: people are enrolled, get another key, and retire.

Nothing here signs. What comes out is a root that its readers accept, for owners to sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pedigree.step.errors import ToolError
from pedigree.trust.identity import Credential, Identity, a_kind_of, kind_of
from pedigree.trust.roles import KEYLESS, OWNER, PURPOSE, QUALITY
from pedigree.trust.root import Holder, Role, TrustRoot


@dataclass(frozen=True)
class Enrolment:
    """A key, or an identity, that is to have a role.

    Attributes:
        role: One of `PURPOSE`.
        name: Printed name of the person or service that holds it.
        key: The public key, or the identity.
    """

    role: str
    name: str
    key: Credential


def found(
    enrolments: Iterable[Enrolment], thresholds: Mapping[str, int], approvals: tuple[str, ...], note: str
) -> TrustRoot:
    """The first version.

    Args:
        enrolments: Who has a role.
        thresholds: Role -> how many must sign; 1 for a role that is not named.
        approvals: Roles that must approve a base model.
        note: What its owners say of it.

    Raises:
        ToolError: As `enrol`, or too few have a role.
    """
    roles = {role: Role(frozenset(), thresholds.get(role, 1)) for role in PURPOSE}
    root = TrustRoot(1, "", note, {}, roles, approvals)
    for enrolment in enrolments:
        root = _with(root, enrolment)
    if not root.keys(OWNER):
        raise ToolError("the trust root has no owner, and nobody could ever sign another", "name one by --owner")
    return _require_enough(root)


def enrol(root: TrustRoot, enrolment: Enrolment, threshold: int | None, note: str) -> TrustRoot:
    """The version after `root`, in which somebody has a role.

    Args:
        root: The version that is in force.
        enrolment: Who, and which.
        threshold: How many must sign for the role from now on; None leaves that as it is.
        note: What its owners say of it.

    Raises:
        ToolError: The key has a role already, or the login of an identity, he has a key in this role, or the threshold
            is not to be reached.
    """
    return _require_enough(_with_threshold(_with(_next(root, note), enrolment), enrolment.role, threshold))


def rotate(root: TrustRoot, keyid: str, key: Credential, time: str, note: str) -> TrustRoot:
    """The version after `root`, in which a holder has another key, and his old one is retired.

    Args:
        root: The version that is in force.
        keyid: The old key, which is in use.
        key: The new one.
        time: From when on the old key signs nothing.
        note: What its owners say of it.

    Raises:
        ToolError: The new key has a role already, or the login of the new identity is that of somebody else.
    """
    enrolment = Enrolment(root.role_of(keyid), root.holders[keyid].name, key)
    return _with(_without(_next(root, note), keyid, time), enrolment)


def retire(root: TrustRoot, keyid: str, time: str, threshold: int | None, note: str) -> TrustRoot:
    """The version after `root`, in which a key is retired. Arguments as of `rotate` and `enrol`.

    Raises:
        ToolError: Too few would be left in its role.
    """
    role = root.role_of(keyid)
    if root.in_use(role) == {keyid}:
        what = f"'{root.holders[keyid].name}' is the last who has the role {role}"
        raise ToolError(what, f"enroll another first: pedigree keys enroll --role {role} NAME=PUB")
    return _require_enough(_with_threshold(_without(_next(root, note), keyid, time), role, threshold))


def key_in_use(root: TrustRoot, name: str, role: str | None) -> str:
    """Id of the key that a person uses.

    Args:
        root: The version that is in force.
        name: Printed name.
        role: In which role; None when he has only one.

    Raises:
        ToolError: Nobody of this name has a key in use, or he has several.
    """
    held = {
        keyid: its
        for its in PURPOSE
        for keyid in sorted(root.in_use(its))
        if root.holders[keyid].name == name and role in (None, its)
    }
    if len(held) > 1:
        roles = " and ".join(held.values())
        raise ToolError(f"'{name}' has keys in the roles {roles}", "say which by --role")
    if not held:
        known = ", ".join(sorted({holder.name for holder in root.holders.values() if not holder.retired}))
        what = f"the trust root lists no key in use of '{name}'" + (f" in the role {role}" if role else "")
        raise ToolError(what, f"name one of: {known}")
    return next(iter(held))


def _next(root: TrustRoot, note: str) -> TrustRoot:
    return replace(root, version=root.version + 1, replaces=root.digest, note=note)


def _with(root: TrustRoot, enrolment: Enrolment) -> TrustRoot:
    name, key, role = enrolment.name, enrolment.key, root.roles[enrolment.role]
    if isinstance(key, Identity) and enrolment.role not in KEYLESS:
        what = f"the role {enrolment.role} takes a key, and '{name}' is to have it by an identity"
        raise ToolError(what, f"enroll a key; identities may have the roles {' and '.join(KEYLESS)}")
    if known := root.holders.get(key.keyid):
        state = f"retired at {known.retired}" if known.retired else f"in the role {root.role_of(key.keyid)}"
        what = f"the {kind_of(key)} of '{name}' is listed already: it is that of '{known.name}', {state}"
        raise ToolError(what, f"{a_kind_of(key)} has one role and one holder for ever: enroll another")
    if isinstance(key, Identity):
        _require_own_login(root, key, name, enrolment.role)
    if any(root.holders[keyid].name == name for keyid in root.in_use(enrolment.role)):
        # One person with two keys would count for two.
        raise ToolError(
            f"'{name}' has a key in the role {enrolment.role} already", "replace it by `pedigree keys rotate`"
        )
    roles = {**root.roles, enrolment.role: replace(role, keyids=role.keyids | {key.keyid})}
    return replace(root, holders={**root.holders, key.keyid: Holder(name, key)}, roles=roles)


def _require_own_login(root: TrustRoot, identity: Identity, name: str, role: str) -> None:
    """One login has one holder and one role for ever, whichever instance certifies it: else it would count for two."""
    for keyid, other in root.identities.items():
        known, its = root.holders[keyid].name, root.role_of(keyid)
        if other.login == identity.login and (known, its) != (name, role):
            what = f"'{name}' would log in as '{known}' does, {its}: {' at '.join(identity.login)}"
            raise ToolError(what, "a login has one role and one holder for ever, in whatever instance: enroll another")


def _without(root: TrustRoot, keyid: str, time: str) -> TrustRoot:
    return replace(root, holders={**root.holders, keyid: replace(root.holders[keyid], retired=time)})


def _with_threshold(root: TrustRoot, role: str, threshold: int | None) -> TrustRoot:
    if threshold is None:
        return root
    return replace(root, roles={**root.roles, role: replace(root.roles[role], threshold=threshold)})


def _require_enough(root: TrustRoot) -> TrustRoot:
    for name, role in root.roles.items():
        count = root.count(name)
        if role.keyids and count < role.threshold:
            what = f"the role {name} would take {role.threshold} signatures and have {count} holders"
            keys = "" if name != QUALITY else "; a snapshot is signed by keys, and identities do not count"
            raise ToolError(what, f"enroll more people, or lower the threshold{keys}")
    return root
