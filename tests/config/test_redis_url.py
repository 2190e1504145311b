"""Addresses of Redis: refused by the setting's name, and without their password."""

from pathlib import Path
from typing import Any

import pytest

from tripkit.config import ConfigError, load


def loaded(cwd: Path, **ratelimit: str) -> Any:
    env = {f"TRIPKIT_RATELIMIT__{name.upper()}": value for name, value in ratelimit.items()}
    return load(env=env, cwd=cwd).settings.ratelimit


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://localhost:6379/0",
        "redis://[::1]:6379/15",
        "redis://:p%40ss%2Fword@10.0.0.7/0",
        "rediss://ada:hunter2@redis.example.org:6380/",
        "redis://localhost/0?socket_timeout=1",
        "unix:///run/redis/redis.sock",
        "unix://:hunter2@/run/redis/redis.sock?db=2",
    ],
)
def test_addresses_of_redis(tmp_path: Path, url: str) -> None:
    assert loaded(tmp_path, backend="redis", redis_url=url).redis_url == url


@pytest.mark.parametrize(
    "url",
    [
        "hunter2",
        "http://:hunter2@localhost",
        "redis://",
        "redis:///0",
        "redis://:hunter2@",
        "redis://:hunter2@localhost:port/0",
        "redis://:hunter2@localhost:0/0",
        "redis://:hunter2@localhost:65536/0",
        "redis://:hunter2@localhost/zero",
        "redis://:hunter2@localhost/0/1",
        "redis://:hunter2@[::1/0",
        "redis://:hun/ter2@localhost/0",
        "redis://:hun#ter2@localhost/0",
        "redis://:hun?ter2@localhost/0",
        "redis://user:12/hunter2@localhost",
        "redis://localhost/0#hunter2",
        "unix://hunter2",
        "unix://run/hunter2.sock",
    ],
)
def test_what_is_none_is_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, backend="redis", redis_url=url)
    [problem] = refused.value.problems
    assert problem.startswith("ratelimit.redis_url: this value is wrong (from TRIPKIT_RATELIMIT__REDIS_URL): ")
    assert "redis://:PASSWORD@HOST:6379/0" in problem
    assert "hunter2" not in problem
    assert "ter2" not in problem


def test_counting_in_redis_needs_an_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ratelimit\.redis_url: it is missing") as refused:
        loaded(tmp_path, backend="redis")
    assert len(refused.value.problems) == 1
