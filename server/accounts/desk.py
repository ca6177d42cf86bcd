"""The sign-in desk: from a name and a password to a person, step by step, with nothing half signed in between.

Every step sends everything known so far again (name, password, then the code or the new password), so there is no state
between steps that could be taken over. A try is counted before it is checked and taken back if it was right: guesses
sent at the same moment count like those sent in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from server.accounts import codes
from server.accounts.handover import Handovers
from server.accounts.lockout import Lockout
from server.accounts.names import sign_in_name
from server.accounts.passwords import Hasher, complaint, one_time_password
from server.permissions import needs_second_factor
from server.store.accounts import Account, Accounts
from server.store.credentials import DAY_MS
from server.store.rows import Subject

ONE_TIME_LIVES_MS = 7 * DAY_MS
ISSUER = "Tongke"


class Refused(Exception):
    """The sign-in, or the change, is not taken. `code` is stable; `wait_s` is set for `sign_in_wait`."""

    def __init__(self, code: str, wait_s: float = 0.0) -> None:
        super().__init__(code)
        self.code = code
        self.wait_s = wait_s


@dataclass(frozen=True)
class Given:
    """What somebody typed so far."""

    name: str
    password: str
    code: str = ""
    new_password: str = ""


@dataclass(frozen=True)
class Place:
    """Where somebody tries from: a network address, and the mark of a browser that `mark_of` used before, if any."""

    network: str
    mark: str = ""
    mark_of: str = ""

    def for_account(self, account: Account | None) -> str:
        """What tries are counted under: the mark only for its own account, or anybody could get fresh ones."""
        own = account is not None and self.mark and account.staff_id == self.mark_of
        return f"browser {self.mark}" if own else self.network


@dataclass(frozen=True)
class Step:
    """What comes next: `code` from the phone, a `new_password`, `set_up_code` on a phone, or the door is `open`.

    secret: for the phone, with `set_up_code`. recovery_codes: to be written down, when the phone was set up just now.
    """

    next: Literal["code", "new_password", "set_up_code", "open"]
    subject: Subject
    secret: str = ""
    recovery_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Proof:
    """What a code proved: the step it belongs to, or the recovery code it is."""

    step: int = 0
    recovery: bytes = b""


class Desk:
    """Signs people in and changes their passwords. `monotonic` counts seconds for the lock-out."""

    def __init__(self, accounts: Accounts, hasher: Hasher, monotonic: Callable[[], float]) -> None:
        self._accounts = accounts
        self._hasher = hasher
        self._monotonic = monotonic
        self._lockout = Lockout()
        self.handovers = Handovers()

    def close(self) -> None:
        """Ends the thread that hashes. Closing twice is closing once."""
        self._hasher.close()

    # --- signing in --------------------------------------------------------------------------------------------

    async def sign_in(self, given: Given, place: Place, now_ms: int) -> Step:
        """The next step for what was typed.

        Raises:
            Refused: `sign_in_refused`, `sign_in_wait`, `code_refused`, `one_time_expired`, or `password_...`.
            TooBusy: too many passwords wait to be checked.
        """
        name = sign_in_name(given.name) or ""
        found = await self._accounts.by_name(name)
        account = found[0] if found and found[0].closed_ms is None else None
        counted = place.for_account(account)
        self._knock(name, counted)
        good = await self._hasher.matches(account.hash if account else None, given.password)
        if found is None or account is None or not good:
            raise Refused("sign_in_refused")
        try:
            step = await self._next(account, found[1], given, now_ms)
        except Refused as refused:
            if refused.code != "code_refused":
                self._lockout.forgive(name, counted)
            raise
        (self._lockout.succeeded if step.next == "open" else self._lockout.forgive)(name, counted)
        return step

    def _knock(self, name: str, place: str) -> None:
        now_s = self._monotonic()
        wait_s = self._lockout.wait_s(name, place, now_s)
        if wait_s > 0:
            raise Refused("sign_in_wait", wait_s)
        self._lockout.failed(name, place, now_s)

    async def _next(self, account: Account, subject: Subject, given: Given, now_ms: int) -> Step:
        """What follows the right password: the code, then the change, then the phone, then the door."""
        if account.must_change and account.expires_ms is not None and account.expires_ms <= now_ms:
            raise Refused("one_time_expired")
        if account.code_secret is not None and not given.code:
            return Step("code", subject)
        proof = await self._proof(account, given.code, now_ms) if account.code_secret is not None else None
        if account.must_change and not given.new_password:
            return Step("new_password", subject)
        if account.must_change:
            _check(given.new_password, given.password, account.name)
        if proof is not None and not await self._spend(account.staff_id, proof):
            raise Refused("code_refused")
        await self._keep_password(account, given, now_ms)
        if account.code_secret is None and needs_second_factor(subject.roles):
            return await self._set_up_code(account, subject, given.code, now_ms)
        return Step("open", subject)

    async def _proof(self, account: Account, code: str, now_ms: int) -> _Proof:
        step = codes.step(account.code_secret or "", code, now_ms, account.code_step)
        if step is not None:
            return _Proof(step=step)
        recovery = codes.recovery_digest(code)
        if recovery is not None and await self._accounts.has_recovery(account.staff_id, recovery):
            return _Proof(recovery=recovery)
        raise Refused("code_refused")

    async def _spend(self, staff_id: str, proof: _Proof) -> bool:
        if proof.recovery:
            return await self._accounts.spend_recovery(staff_id, proof.recovery)
        return await self._accounts.spend_step(staff_id, proof.step)

    async def _keep_password(self, account: Account, given: Given, now_ms: int) -> None:
        """Keeps the new password, or the old one under newer settings."""
        if account.must_change:
            await self._accounts.set_password(account.staff_id, await self._hasher.hash(given.new_password), now_ms)
        elif self._hasher.outdated(account.hash):
            await self._accounts.rehash(account.staff_id, await self._hasher.hash(given.password))

    async def _set_up_code(self, account: Account, subject: Subject, code: str, now_ms: int) -> Step:
        secret = await self._accounts.offer_code(account.staff_id, codes.new_secret())
        if not code:
            return Step("set_up_code", subject, secret=secret)
        step = codes.step(secret, code, now_ms, 0)
        recovery = codes.recovery_codes()
        digests = [digest for digest in map(codes.recovery_digest, recovery) if digest]
        if step is None or not await self._accounts.confirm_code(account.staff_id, secret, step, digests):
            raise Refused("code_refused")
        return Step("open", subject, recovery_codes=tuple(recovery))

    # --- changing ----------------------------------------------------------------------------------------------

    async def change_password(self, staff_id: str, old: str, new: str, place: Place, now_ms: int) -> None:
        """The owner's own change; `old` proves that it is she who sits there.

        Raises:
            Refused: `no_account`, `password_refused` where `old` is wrong, `sign_in_wait`, or `password_...`.
            TooBusy: too many passwords wait to be checked.
        """
        found = await self._accounts.of(staff_id)
        if found is None:
            raise Refused("no_account")
        account = found[0]
        counted = place.for_account(account)
        self._knock(account.name, counted)
        if not await self._hasher.matches(account.hash, old):
            raise Refused("password_refused")
        self._lockout.succeeded(account.name, counted)
        _check(new, old, account.name)
        await self._accounts.set_password(staff_id, await self._hasher.hash(new), now_ms)

    async def open_account(self, staff_id: str, name: str, now_ms: int) -> str:
        """A new account's one-time password, good for a week; this is the only time it exists in clear.

        Raises:
            Refused: `bad_name`.
            Conflict: `name_taken`, `has_account`, or there is no such member of staff.
            TooBusy: too many passwords wait to be hashed.
        """
        kept = sign_in_name(name)
        if kept is None:
            raise Refused("bad_name")
        password = one_time_password()
        await self._accounts.add(staff_id, kept, await self._hasher.hash(password), now_ms, now_ms + ONE_TIME_LIVES_MS)
        return password

    async def reset(self, staff_id: str, now_ms: int, *, forget_code: bool) -> str:
        """A one-time password for who forgot hers; `forget_code`: she lost the phone too."""
        password = one_time_password()
        hashed = await self._hasher.hash(password)
        await self._accounts.reset(staff_id, hashed, now_ms, now_ms + ONE_TIME_LIVES_MS, forget_code=forget_code)
        return password

    async def unlock(self, staff_id: str) -> None:
        """Whoever mistyped her password too often need not wait any more: an administrator vouches for her."""
        account = await self._accounts.of(staff_id)
        if account is not None:
            self._lockout.forget(account[0].name)


def _check(new: str, old: str, name: str) -> None:
    why = "same" if new == old else complaint(new, name)
    if why is not None:
        raise Refused(f"password_{why}")
