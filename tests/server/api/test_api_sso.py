"""The county's own sign-in service: a small provider with real keys, and every way its answer can be wrong."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from server.accounts.oidc import ANSWER_LIMIT, FLOWS_PER_NETWORK, KEYS_AGAIN_MS, OidcError, OidcProvider

CLIENT = "tongke-county"


@dataclass
class Service:
    """OpenID Connect's authorization code flow, as far as a client sees it. `wrong` spoils what it hands out."""

    key: RSAKey
    base: str = ""
    subject: str = "person-17"
    now_ms: int = 0
    wrong: dict[str, object] = field(default_factory=dict)
    signer: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked_for_keys: int = 0
    more: int = 0

    async def discovery(self, _request: web.Request) -> web.Response:
        return web.json_response({
            "issuer": self.base, "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token", "jwks_uri": f"{self.base}/keys", "more": "x" * self.more,
        })  # fmt: skip

    async def keys(self, _request: web.Request) -> web.Response:
        self.asked_for_keys += 1
        return web.json_response(KeySet([self.key]).as_dict(private=False))

    def agree(self, address: str) -> tuple[str, str]:
        """What the person does there: she says yes. The code and the state that the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"], asked["scope"]) == ("code", "S256", "openid")
        code = secrets.token_hex(8)
        self.codes[code] = asked
        return code, asked["state"]

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self.codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        right = asked and proof == asked["code_challenge"] and form["client_id"] == asked["client_id"]
        if not right or form["redirect_uri"] != asked["redirect_uri"] or form["client_secret"] != "geheim":
            return web.json_response({"error": "invalid_grant"}, status=400)
        now_s = self.now_ms // 1000
        claims = {"iss": self.base, "aud": CLIENT, "sub": self.subject, "nonce": asked["nonce"], "iat": now_s,
                  "exp": now_s + 300} | self.wrong  # fmt: skip
        signer = self.signer or self.key
        header = {"alg": "RS256", "kid": signer.kid or ""}
        return web.json_response(
            {"access_token": "x", "token_type": "Bearer", "id_token": jwt.encode(header, claims, signer)}
        )


@pytest.fixture(scope="module")
def key() -> RSAKey:
    """Made once: it takes longer than the tests."""
    return RSAKey.generate_key(2048, auto_kid=True)


@pytest.fixture
async def service(site_under_test, key: RSAKey) -> AsyncIterator[Service]:
    """The provider, and the server under test configured for it."""
    site, service = site_under_test, Service(key, now_ms=site_under_test.clock.now_ms)
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", service.discovery)
    app.router.add_get("/keys", service.keys)
    app.router.add_post("/token", service.token)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    provider = OidcProvider(service.base, CLIENT, "geheim", site.clock)
    object.__setattr__(site.services, "sso", provider)
    object.__setattr__(site.services, "sso_name", "统一身份认证")
    yield service
    await runner.cleanup()


async def browse(site, path: str, cookies: dict[str, str] | None = None) -> tuple[int, str, dict[str, str]]:
    """Status, where it sends the browser, and the cookies it sets."""
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())} if cookies else {}
    async with site.request("GET", path, headers=headers, allow_redirects=False) as response:
        given = {name: morsel.value for name, morsel in response.cookies.items()}
        return response.status, response.headers.get("Location", ""), given


async def link(site, service: Service, staff: str) -> str:
    """The person links her account, signed in; where the browser ends up."""
    headers = site.origin | await site.bearer(staff)
    async with site.request("POST", "/api/sso/link", headers=headers) as response:
        assert response.status == 200
        address, flow = (await response.json())["address"], response.cookies["tongke_sso"].value
    code, state = service.agree(address)
    _, where, _ = await browse(site, f"/api/sso/return?code={code}&state={state}", {"tongke_sso": flow})
    return where


async def sign_in(site, service: Service) -> tuple[str, dict[str, str]]:
    """The whole way of a browser: out, and back; where it ends up, and its cookies."""
    status, address, cookies = await browse(site, "/api/sso/begin")
    assert status == 303
    code, state = service.agree(address)
    _, where, given = await browse(site, f"/api/sso/return?code={code}&state={state}", cookies)
    return where, given


@pytest.fixture
async def lead(site_under_test) -> str:
    site = site_under_test
    await site.services.desk.open_account(site.lead, "lilei", site.clock())
    return site.lead


async def test_who_linked_her_account_once_signs_in_without_a_password(site_under_test, service, lead) -> None:
    site = site_under_test
    assert await link(site, service, lead) == "/signin#sso=linked"
    where, cookies = await sign_in(site, service)
    assert where == "/teacher"
    async with site.request("GET", "/api/me", headers={"Cookie": f"tongke={cookies['tongke']}"}) as response:
        assert (await response.json())["id"] == lead
    (here,) = await site.store.sign_ins.of(lead, site.clock())
    assert here.way == "sso"
    assert [row.entry.code for row in await site.store.audit.page()][:2] == ["sso", "sso_linked"]


async def test_nobody_who_did_not_link_gets_in_and_no_account_is_made(site_under_test, service) -> None:
    site = site_under_test
    county = (await site.store.people.subject(site.admin)).county_id
    before = await site.store.accounts.cards(county, None)
    where, cookies = await sign_in(site, service)
    assert where == "/signin#sso=sso_unknown"
    assert not cookies.get("tongke")
    assert await site.store.accounts.cards(county, None) == before


async def test_a_closed_account_and_an_administrator_do_not_get_in(site_under_test, service, lead) -> None:
    site = site_under_test
    await link(site, service, lead)
    await site.store.accounts.close(lead, site.clock())
    assert (await sign_in(site, service))[0] == "/signin#sso=sso_unknown"
    await site.store.outside.unlink(lead)
    await site.store.outside.link(service.base, service.subject, site.admin, 1)
    await site.services.desk.open_account(site.admin, "guanli", site.clock())
    assert (await sign_in(site, service))[0] == "/signin#sso=sso_password"
    headers = site.origin | await site.bearer(site.admin)
    async with site.request("POST", "/api/sso/link", headers=headers) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (403, "sso_password")


async def test_who_also_is_an_administrator_does_not_get_in_without_a_code(site_under_test, service, lead) -> None:
    site = site_under_test
    await link(site, service, lead)
    county_id = (await site.store.people.subject(lead)).county_id
    await site.store.registry.set_further_roles(county_id, lead, ["school_admin"])
    assert (await sign_in(site, service))[0] == "/signin#sso=sso_password"
    headers = site.origin | await site.bearer(lead)
    async with site.request("POST", "/api/sso/link", headers=headers) as response:
        assert (response.status, (await response.json(content_type=None))["code"]) == (403, "sso_password")


async def test_an_answer_that_proves_nothing_is_written_down(site_under_test, service) -> None:
    site = site_under_test
    assert (await browse(site, "/api/sso/return?code=made-up&state=made-up"))[1] == "/signin#sso=sso_refused"
    await site.services.trail.flush()
    (row,) = await site.store.audit.page()
    assert (row.entry.what, row.entry.outcome, row.entry.code) == ("sign_in", "refused", "sso_refused")


async def test_one_identity_is_one_person_and_can_be_unlinked(site_under_test, service, lead) -> None:
    site = site_under_test
    await link(site, service, lead)
    other = await site.store.people.add_staff(
        (await site.store.people.subject(lead)).county_id, None, "trainer", "教研员", 1
    )
    assert await link(site, service, other.id) == "/signin#sso=sso_taken"
    headers = site.origin | await site.bearer(lead)
    async with site.request("POST", "/api/sso/unlink", headers=headers) as response:
        assert response.status == 200
    assert (await sign_in(site, service))[0] == "/signin#sso=sso_unknown"


WRONG = [
    {"iss": "https://elsewhere.example"}, {"aud": "somebody-else"}, {"aud": ["somebody-else"]}, {"nonce": "another"},
    {"exp": 1}, {"exp": None}, {"iat": 1}, {"sub": ""}, {"sub": 17}, {"sub": "x" * 256}, {"azp": "somebody-else"},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=str)
async def test_a_token_with_a_wrong_claim_proves_nothing(site_under_test, service, lead, wrong) -> None:
    site = site_under_test
    await link(site, service, lead)
    service.wrong = wrong
    assert (await sign_in(site, service))[0] == "/signin#sso=sso_refused"


async def test_a_token_of_another_key_or_without_one_proves_nothing(
    site_under_test, service, lead, monkeypatch
) -> None:
    site = site_under_test
    await link(site, service, lead)
    service.signer = RSAKey.generate_key(2048, auto_kid=True)
    assert (await sign_in(site, service))[0] == "/signin#sso=sso_refused"
    unsigned = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (b'{"alg":"none"}', b"{}"))
    monkeypatch.setattr(jwt, "encode", lambda header, claims, key: f"{unsigned}.")
    assert (await sign_in(site, service))[0] == "/signin#sso=sso_refused"


async def test_new_keys_of_the_service_are_fetched_but_not_more_than_once_a_minute(
    site_under_test, service, lead
) -> None:
    site = site_under_test
    await link(site, service, lead)
    service.key = RSAKey.generate_key(2048, auto_kid=True)
    assert (await sign_in(site, service))[0] == "/signin#sso=sso_refused"
    assert service.asked_for_keys == 1
    site.clock.now_ms += KEYS_AGAIN_MS + 1
    service.now_ms = site.clock.now_ms
    assert (await sign_in(site, service))[0] == "/teacher"
    assert service.asked_for_keys == 2


async def test_an_answer_counts_once_in_time_and_in_the_browser_that_asked(site_under_test, service, lead) -> None:
    site = site_under_test
    await link(site, service, lead)

    async def back(code: str, state: str, cookies: dict[str, str]) -> str:
        return (await browse(site, f"/api/sso/return?code={code}&state={state}", cookies))[1]

    _, address, cookies = await browse(site, "/api/sso/begin")
    code, state = service.agree(address)
    assert await back(code, state, {"tongke_sso": "stolen"}) == "/signin#sso=sso_refused"
    assert await back(code, state, cookies) == "/signin#sso=sso_refused"  # the state is used up
    _, address, cookies = await browse(site, "/api/sso/begin")
    code, state = service.agree(address)
    assert await back("made-up", state, cookies) == "/signin#sso=sso_refused"
    _, address, cookies = await browse(site, "/api/sso/begin")
    code, state = service.agree(address)
    site.clock.now_ms += 600_001
    assert await back(code, state, cookies) == "/signin#sso=sso_refused"
    assert await back("", "", {}) == "/signin#sso=sso_refused"


async def test_a_code_caught_on_the_way_is_worth_nothing_without_the_verifier(site_under_test, service, lead) -> None:
    """An attacker who brings somebody else's code back in a visit of her own is refused by the service."""
    site = site_under_test
    await link(site, service, lead)
    _, victim, _ = await browse(site, "/api/sso/begin")
    caught, _ = service.agree(victim)
    _, own, cookies = await browse(site, "/api/sso/begin")
    _, state = service.agree(own)
    _, where, _ = await browse(site, f"/api/sso/return?code={caught}&state={state}", cookies)
    assert where == "/signin#sso=sso_refused"


async def test_a_service_that_is_away_is_said_so_and_passwords_go_on(site_under_test, service) -> None:
    site = site_under_test
    object.__setattr__(site.services, "sso", replace_issuer(site))
    assert (await browse(site, "/api/sso/begin"))[1] == "/signin#sso=sso_unreachable"


async def test_an_answer_that_comes_in_many_pieces_is_read_whole_and_one_without_end_is_not(
    site_under_test, service
) -> None:
    service.more = ANSWER_LIMIT - 2_000
    assert (await browse(site_under_test, "/api/sso/begin"))[1].startswith(f"{service.base}/authorize?")
    service.more = ANSWER_LIMIT
    object.__setattr__(site_under_test.services, "sso", OidcProvider(service.base, CLIENT, "", site_under_test.clock))
    assert (await browse(site_under_test, "/api/sso/begin"))[1] == "/signin#sso=sso_unreachable"


async def test_visits_begun_in_a_row_end_those_of_their_own_network_only(site_under_test, service) -> None:
    provider = site_under_test.services.sso
    begun = {}
    for network in ("10.1.0.0/24", *["10.2.0.0/24"] * (FLOWS_PER_NETWORK + 1)):
        address, browser = await provider.begin("http://127.0.0.1/api/sso/return", None, network)
        begun.setdefault(network, (service.agree(address), browser))
    outcomes = {}
    for network, ((code, state), browser) in begun.items():
        try:
            outcomes[network] = (await provider.finish(state, browser, code, None))[1]
        except OidcError as error:
            outcomes[network] = str(error)
    assert outcomes == {"10.1.0.0/24": service.subject, "10.2.0.0/24": "state"}


def replace_issuer(site) -> OidcProvider:
    """A provider on a port where nobody listens: a socket that was just closed."""
    return OidcProvider("http://127.0.0.1:9", CLIENT, "", site.clock)


async def test_without_a_service_nothing_is_offered(site_under_test) -> None:
    async with site_under_test.request("GET", "/api/sso") as response:
        assert await response.json() == {"name": ""}
    assert (await browse(site_under_test, "/api/sso/begin"))[0] == 404
