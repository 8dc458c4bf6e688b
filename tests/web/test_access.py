import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("aiortc")

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from guest import settings

from vidstyle.errors import InputError, UsageError
from vidstyle.web.access import add_headers, certified, guard

TOKEN = "a-token-that-is-long"


async def answer_in(_):
    return web.Response(text="in")


def asked(path="/", given=None, follow=True, **headers):
    """Status, headers and text of what a guarded server answers."""

    async def scenario():
        app = web.Application(middlewares=[guard(given or settings())])
        app.on_response_prepare.append(add_headers)
        app.router.add_get("/", answer_in)
        async with TestClient(TestServer(app)) as client:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            if names.get("Origin") == "own":
                names["Origin"] = f"http://127.0.0.1:{client.port}"
            answer = await client.get(path, headers=names, allow_redirects=follow)
            return answer.status, answer.headers, await answer.text()

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1"},
        {"Host": "elsewhere.example"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
    ],
)
def test_requests_from_elsewhere_are_refused(headers):
    assert asked(**headers)[0] == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "own"}, {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}],
)
def test_the_page_itself_a_program_and_a_link_are_let_in(headers):
    assert asked(**headers)[2] == "in"


@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_every_answer_lets_the_browser_load_nothing_from_elsewhere(path):
    _, headers, _ = asked(path)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=another-token-that-is-long"])
def test_without_the_token_nobody_comes_in(path):
    assert asked(path, settings(token=TOKEN))[0] == 401


def test_the_token_is_taken_once_and_kept_from_scripts():
    status, headers, _ = asked(f"/?token={TOKEN}", settings(token=TOKEN), follow=False)
    assert (status, headers["Location"]) == (303, "/")
    assert "HttpOnly" in headers["Set-Cookie"]


def test_the_tokens_cookie_lets_in():
    assert asked("/", settings(token=TOKEN), Cookie=f"vidstyle={TOKEN}")[2] == "in"


def test_a_controller_shows_the_token_in_a_header():
    assert asked("/", settings(token=TOKEN), Authorization=f"Bearer {TOKEN}")[2] == "in"


@pytest.mark.parametrize("given", [{}, {"token": TOKEN}, {"certificate": "c.pem", "key": "k.pem"}])
def test_beyond_loopback_both_token_and_tls_are_demanded_and_how_is_said(given):
    with pytest.raises(UsageError, match="--token.*--certificate.*token_urlsafe.*openssl"):
        settings(host="0.0.0.0", **given)


@pytest.mark.parametrize(
    "given", [{"port": 70000}, {"visitors": 0}, {"token": "short"}, {"certificate": "c.pem"}]
)
def test_settings_that_cannot_be_are_refused(given):
    with pytest.raises(UsageError):
        settings(**given)


def test_a_certificate_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "certificate.pem"
    path.write_text("none")
    with pytest.raises(InputError, match=r"certificate\.pem"):
        certified(settings(certificate=str(path), key=str(path)))


def test_the_page_is_had_by_https(tmp_path):
    paths = _self_signed(tmp_path)
    given = settings(certificate=paths[0], key=paths[1])

    async def scenario():
        app = web.Application(middlewares=[guard(given)])
        app.router.add_get("/", answer_in)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certified(given)).start()
        trusted = ssl.create_default_context(cafile=paths[0])
        address = f"https://localhost:{runner.addresses[0][1]}"
        async with ClientSession() as session, session.get(address, ssl=trusted) as answer:
            assert await answer.text() == "in"
        await runner.cleanup()

    asyncio.run(scenario())


def _self_signed(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "k.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *pem))
    return str(folder / "c.pem"), str(folder / "k.pem")
