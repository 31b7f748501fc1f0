"""Whole-number codes shared by every mechanism: use states, classes of the daily scan, channels, products,
flags.
"""

from __future__ import annotations

# Use states of a person (MODEL section 2).
NONE, LIGHT, HEAVY, DEPENDENT, TREATMENT, REMITTED, STABLE = 0, 1, 2, 3, 4, 5, 6
USE_STATES = ("none", "light", "heavy", "dependent", "treatment", "remitted", "stable")
N_USE = 8

# Activity classes of the daily scan: they decide the bounds, and 255 marks a row that left.
CALM, C_LIGHT, C_HEAVY, C_DEPENDENT, C_TREATMENT, C_COURIER, C_CUSTODY = 1, 2, 3, 4, 5, 6, 7
LEFT = 255

# Channels.
STREET, PLATFORM, OFF_PLATFORM = 0, 1, 2
CHANNELS = ("street", "platform", "off_platform")

# Products. The two cathinones are never merged (claim S057).
CANNABIS, OPIOID, AMPHETAMINE, MDMA, COCAINE, MEPHEDRONE, ALPHA_PVP = 0, 1, 2, 3, 4, 5, 6
PRODUCTS = ("cannabis", "opioid", "amphetamine", "mdma", "cocaine", "mephedrone", "alpha_pvp")
G = 7

# Flags of a person.
COURIER, PLEDGED_ID, WAITING, CHARGED, CUSTODY, CONVICTED, AT_FRONT, MONITORED = 1, 2, 4, 8, 16, 32, 64, 128

# Charges and enforcement tiers.
NO_CHARGE, POSSESSION, TRAFFICKING = 0, 1, 2
TIERS = ("buyer", "courier", "shop", "laboratory", "operator", "platform")

MAX_PLATFORMS = 15
OWN_CHANNEL = 1 << 15
"""Bit of a shop's platform mask that says: it also sells through a channel of its own."""

NO_PLATFORM = 255
WAS_HEAVY, WAS_DEPENDENT = 254, 255
"""In treatment and in remission ``caution`` says what a person was before, to which who fails or relapses returns."""
MOST_CAUTION = 200
AGE_FIRST, AGE_LAST = 14, 65
DAYS_A_YEAR = 365.25
MINOR = 18
"""Persons younger than this are minors."""
