"""Where things are in the checkout."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
PROMPTS = ROOT / "calls" / "prompts"
SDP = ROOT / "tests" / "fixtures" / "sdp"
