"""Published rows that the model cannot produce, each with the reason."""

from __future__ import annotations

from kladsim.validation.verdicts import Check

SECONDARY = "the number was never read at its source: a pointer, no test"
SPREAD = "about the spread between countries: its data and scores are in `kladsim spread`"
QUALITY = "a bar for calibration and speed, reported by `kladsim calibrate`, `kladsim bench` and the quality tests"
COSTS = "compares costs of programmes in another country and currency; the model's costs are no measurement of them"
OPIOID = "about opioid agonists or naloxone kits, which this country's system does not have"
REASONS = {
    "O1": SECONDARY,
    "O2": SECONDARY,
    "O3": SECONDARY,
    "O5": "shops do not choose between being efficient and being secure",
    "O6": SECONDARY,
    "O9": "street dealing is an aggregate channel without sites",
    "PL8": "counts of vendors on other platforms; shops here are of one language area",
    "PL11": SECONDARY,
    "PL12": "sizes of platforms of other times and languages; one language area is simulated",
    "D2": "one elasticity holds for all substances, so that differences between them cannot be shown",
    "D8": "a shock to one substance alone cannot be made: imports share one border",
    "H5": "remission does not differ by substance",
    "H6": "remission does not differ by substance",
    "H8": "relapse does not depend on aftercare, family or selling",
    "H10": "deaths are not recorded by state of use and cause together",
    "H11": "deaths other than poisonings have no cause in the model",
    "H13": "deaths in the first two weeks after release are too few in a sample to compare with later weeks",
    "H14": "a figure of the European Union, not of a country simulated here",
    "H15": "a figure for the world",
    "E1": "abstinence at the end of treatment is an input; what follows is checked by H7 and E7",
    "E2": "as E1, for cocaine",
    "E3": COSTS,
    "E4": "offending again after a drug court has no state of its own",
    "E5": "prison does not change whether somebody offends again, so that monitoring cannot lower it",
    "E6": COSTS,
    "E8": OPIOID,
    "E9": OPIOID,
    "E10": OPIOID,
    "E12": "violence outside the trade is not represented",
    "E13": SECONDARY,
    "E15": "there is no cultivation",
    "E16": COSTS,
    "E18": "violence between sellers is not represented",
    "E20": SECONDARY,
    "E22": OPIOID,
    **{f"S{number}": SPREAD for number in range(1, 8)},
    **{f"Q{number}": QUALITY for number in range(1, 8)},
}
UNTESTABLE = tuple(Check(name, "published", why_not=reason) for name, reason in REASONS.items())
