"""The browser's tests against a native cabinet: Playwright opens both pages and sees numbers move."""

import os
import subprocess
import sys

from .base import repository
from .native import NativeCabinet


def main(arguments):
    """Runs Playwright with `arguments`; its exit code."""
    folder = os.environ.get("STAGE_DIR", str(repository() / "build/test/browser"))
    os.makedirs(folder, exist_ok=True)
    with NativeCabinet() as cabinet:
        password = (cabinet.state_dir("hmi") / "initial-password").read_text().strip()
        env = {
            **os.environ,
            "BASE_URL": cabinet.hmi_url,
            "HMI_USER": "admin",
            "HMI_PASSWORD": password,
            "JP_SIM_CONTROL": str(cabinet.run_dir / "sim.sock"),
            "HMI_SCREENSHOT_OVERVIEW": os.path.join(folder, "overview.png"),
            "HMI_SCREENSHOT": os.path.join(folder, "connectors.png"),
        }
        command = ["npx", "playwright", "test", *arguments]
        code = subprocess.call(command, cwd=repository() / "recipes-hmi/hmi", env=env)
    if code:
        print(f"traces in {repository() / 'recipes-hmi/hmi/test-results'}", file=sys.stderr)
    return code
