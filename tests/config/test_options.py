"""The defaults are safe ones."""

from tripkit.config import OPTIONS, Settings

#: Argon2id as it is advised: passes, and the memory in KiB they need at least (OWASP Password Storage Cheat Sheet).
ADVISED = {1: 47104, 2: 19456, 3: 12288}


def test_no_secret_has_a_default() -> None:
    secrets = {key: option.default for key, option in OPTIONS.items() if option.secret}
    assert {"security.secret_key", "database.url", "metrics.token"} <= secrets.keys()
    assert not any(secrets.values())


def test_passwords_are_hashed_as_hard_as_is_advised() -> None:
    security = Settings().security
    assert security.argon2_memory >= ADVISED[min(security.argon2_time, 3)]
    assert security.argon2_parallelism >= 1


def test_a_server_is_open_to_nobody_else_until_it_is_told_to_be() -> None:
    settings = Settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.server.trusted_proxies == ()
    assert not any("*" in origin for origin in settings.server.cors_origins)


def test_what_can_be_guessed_is_limited_by_default() -> None:
    limits = Settings().ratelimit
    assert "off" not in (limits.login, limits.login_account, limits.login_client, limits.signup, limits.anonymous)
