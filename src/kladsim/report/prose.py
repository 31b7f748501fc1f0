"""The hand-written parts of the model description: what no schema can say (ODD+D, Mueller et al. 2013)."""

from __future__ import annotations

PURPOSE = """
kladsim is a research laboratory for public-health and justice policy. It simulates, person by person
and day by day, a nation's drug economy that sells through dead drops and online platforms, so that
ministries, researchers and international bodies can ask what harm it does, to whom, and what changes
under another policy. It compares policies; it does not forecast single numbers, and it never searches
for what is best for a seller.

Patterns by which the model is judged (some are close to a rule or a parameter that was set with the
pattern in view, which `kladsim validate` says): growth of platforms from a
niche to a national market; dominance of one platform while the market is young; a deep fall of receipts
after the largest platform closed in April 2022, recovery within months and several platforms
afterwards; a higher share of sales outside platforms; smaller places reached after larger ones; young
people among those convicted of courier work; drug offences' share of prisoners; arrests of couriers
that hardly move the volume because others are recruited. `kladsim validate --only targets` prints each
calibration target beside what the model shows, inside its tolerance or not.
"""

SCALES = """
One step is a day; runs begin on 1 January 2014 and may last to 31 December 2030. Space is region ×
settlement class; the class is the finest place inside the engine and never leaves it. Everybody aged
14-64 is in the model: people who never used drugs or worked as couriers cost two bits each, everybody
else a row. `scale = 1/k` samples persons and couriers by identity; shops and their branches become fewer as
their trade does, down to those of 1/10: smaller samples keep up to ten times as many, each so much smaller, and
count ten of them as one, since the luck of a handful of sellers is not that of a country. Every laboratory is
kept at every scale, so much smaller.
Platforms, regions and dated events are never sampled, capacities and budgets are scaled. Money is counted in
whole kopecks, drops and packages in whole numbers: every day opening plus entries less exits by cause is the
closing stock.
"""

SCHEDULING = """
The phases below run in this order every day. *Regional* phases touch one region at a time and may use
any number of threads; *national* phases see all regions and run once. Scarce things (ready drops,
couriers' vacancies, treatment places, court capacity) are given in two passes: whole-number requests,
then rationing by a seeded priority, never first come by position. What can happen to a person is
declared as a process with a hazard: the engine marks persons at a bound that no scenario changes and
thins by the day's hazard, so two policies share all luck that they do not change.
"""

CONCEPTS = {
    "Theoretical and empirical background": """
Use careers follow the light-heavy family (Behrens et al. 1999) with power-law feedbacks of perceived
risk, availability and social influence (form after Lim et al. 2022). Platforms are two-sided markets
with network effects: buyers draw shops and shops draw buyers, while the commission moves nobody. Prices
carry a risk premium in the sense of Reuter and Kleiman, and certainty of arrest saturates as numbers grow
(enforcement swamping, Caulkins and Reuter 2010). Couriers' labour supply responds to hardship. Each parameter
names its source and grade below; "assumption" means that no source was found.""",
    "Individual decision-making": """
People decide by hazards, not by optimising: whether to begin, go on, stop or return to use; whether to
buy today; which channel and platform; whether to apply for courier work and when to leave it. Choices
between platforms and products are weighted draws by reach, size, trust, promotion, price and taste.
Prices are national, one a product: cost times a premium for risk and scarcity, moved a little by a shop's
reputation; commission and promotion do not enter. Shops join platforms where buyers are, open branches and
leave when sales stay low. Police move effort towards tiers that gave arrests. Courts try charges within capacity.
No agent plans ahead, and none has beliefs about a policy that is still to come.""",
    "Learning": """
Reputations of shops are smoothed reviews. People keep a memory of bad purchases that fades with good
ones. Perceived risk rises within about two years and falls within about twenty. Police keep a memory of
success by tier.""",
    "Individual sensing": """
Buyers see reputations, promotion and what is within reach, not the state of a drop; how dear a product is
nationally moves what and how often they buy, and nobody compares the prices of shops. Shops see their own sales and
complaints: a drop that an outsider took looks like one that a courier kept, which is how false
punishment arises. Police see arrests only.""",
    "Individual prediction": """
None beyond smoothing: shops expect tomorrow's sales to be the smoothed past.""",
    "Interaction": """
Through stock, vacancies, reviews, places and the number of people around who use or buy online; there
is no explicit social network. The interaction is regional; platforms, imports and prices connect the
nation.""",
    "Collectives": """
Shops, branches, platforms and laboratories are entities of their own; police, courts, prisons and
health services are capacities and budgets.""",
    "Heterogeneity": """
Persons differ in age, sex, region, settlement class and susceptibility, which are pure functions of
identity, and in the history that they have had. Shops differ in size, promotion and harshness; platforms in
trust, promotion and capacity, and in a fee that is booked and that nobody chooses by. A trait of care is
drawn for each shop, and no rule reads it.""",
    "Stochasticity": """
Every random number is a pure function of seed, stream, entity, day and draw (counter-based). So a run
has the same bits on any number of threads, a replicate can be run alone, and two policies differ only
where their hazards do. Replicates show Monte Carlo error and draws of parameters: replicate r has draw r
of the posterior where one of this model ships, else of the prior. All other uncertainty is not in the
interval.""",
    "Emergence": """
Emerging: the number of people who use, buy and work as couriers, prices against a real reference,
concentration of platforms, the answer to a takedown, who is arrested and convicted, the stock of
prisoners. Imposed: demography, macroeconomic series, dated events' physical changes, rates of harm by
use state, capacities.""",
    "Adaptation": """
Platforms, shops and people adapt by the rules above within days to months. People's use adapts within
years through the memory of risk. Laws do not adapt: a policy is an input.""",
    "Observation": """
What leaves the model is listed under "Outcomes", each with its side and finest cell, which run folder,
export and JSON keep to. Cells that are too noisy are marked, with what would settle them; none is
blanked. Official series are outcomes of a measurement model beside the truth.""",
}

IMPLEMENTATION = """
Python with kernels compiled by Numba; functions that decide the state use polynomials of our own
instead of the processor's mathematics, so that results agree bit by bit between machines. A run is a
folder: resolved scenario, results, tidy summary, provenance and SHA-256 digests; `kladsim runs verify
RUN` runs it again and compares.
"""

INITIALISATION = """
On the first day residents are placed by age, sex, region and settlement class from the country pack.
Shares of people who use, their states and main substances, prisoners and people in treatment are drawn
from the register's start parameters; one platform is open, a few shops sell on it, and drops are on
offer only in the largest places. The first year is partly a transient: it is shown, and no target
refers to it.
"""

LIMITS = """
- Results are aggregate and synthetic: they compare policies under stated assumptions and are no
  forecast of a year or place.
- **No published figure on use, death or treatment is for cathinones**, the main stimulants here: rates
  come from other stimulants or are assumptions, and this badge travels with every output.
- Most market parameters rest on single sources or assumptions (grades C and D). Fitted values reproduce
  targets jointly; they are no measurements of their own. The register's values were fitted by hand; a
  posterior of eighteen of them ships for Russia (`kladsim calibrate report`).
- The interval of a run holds luck and draws of eighteen parameters: of the posterior where one of this model ships (for
  Russia, with disputed structures by weight), else of the prior; the run says which. What is not drawn stays fixed,
  all of use, health and justice among it, so that intervals understate doubt. With one replicate there is none, and
  one replicate is no result.
- Patterns are judged at the point. Where every run draws from the posterior fewer hold (`kladsim validate --parameters
  posterior`). P04, P05, P06 and P10 weigh these draws, so that there the posterior is no test of them.
- Under the posterior some targets lie outside their tolerance (`kladsim calibrate report`). They pull against a market
  that has one platform before a closure and several after it (P06), and the draws that ship show that pattern.
- Deaths and poisonings are not fitted, and their levels come out too low in most years (L1 to L11). Of published
  sizes that no fit had seen nearly all fail (`kladsim validate`).
- On runs of the model whose truth is known the calibration's intervals of parameters hold less than they say
  (`kladsim calibrate report`).
- The claims that the model began from come from the announcement of a GI-TOC report, a press article about it (87 of
  139) and a thread that summarises it: the report itself has not been used, and a claim of the article may be the
  article's own.
- Official drug statistics are measurements with incentives behind them; the measurement model is
  simple.
- Regions differ by economy and people, not by local policing: regional maps of supply or arrests cannot
  be made.
- There is no social network, no migration between regions in this version, and no non-drug crime. Spread
  between countries (M16) is a model of its own beside the runs, with limits of its own: docs/spread.md.
- A sample differs from a larger one by luck, more than by its size: at 1/100 the few who already buy from platforms in
  2014 decide how the market grows, so that orders of 1/100 and 1/10 with one seed differ by 4 % (standard deviation).
  On average 1/100 has 0.4 % fewer orders in 2014 to 2023 than 1/10 (40 seeds; 90 % interval -1.3 to +0.6 %), and 1/10
  has 1.3 % fewer than the whole (6 seeds; -2.5 to -0.1 %); nine other main outcomes differ by less than 0.8 % and 0.3 %
  (model 0.6.0, `tests/verify/test_scales.py`). Rare events of a single year vary too much at 1/100 to be compared:
  poisonings, arrests of couriers. Levels of those, and regions, should be looked at from 1/10 on.
- A small country should be run whole, which takes seconds: in Georgia (2 million people) parcels a day in early 2020
  are as many at 1/2, a fifth fewer at 1/5 and nine in ten fewer at 1/10, where hardly a shop is left on the platform
  that is looked at (model 0.6.0, 6 runs each; model 0.5.0 lost half of them at 1/25).
- War effects are national and exogenous; conscription from prisons counts as harm and is never a policy
  here.
- Not represented at all: methods of hiding, packaging, making, buying or selling; real listings,
  handles or addresses; money-laundering instruments; anything finer than a region or city of 100,000.
"""

LEVERS = """
A lever is what a public body could do: what, where, whom, from when to when, how strong, with delay, ramp, capacity
and cost. It moves named quantities; what follows is the model's answer. At strength 0 it changes nothing, bit by bit,
and more strength moves its direct target further (tested). Two levers may not set one quantity at one place and time,
and together they may not ask for more than there is. Packages (`kladsim list packages`) join levers. What levers and
consequences cost is in a register of its own (`kladsim list costs`), on which no run depends.
"""
