"""Spread of the dead-drop trade between countries (mechanism M16).

Yearly survival model of a country's first sign, with stages after it: ``tables`` holds the countries, ``priors`` the
parameters, ``hazard`` the equations and the likelihood, ``sampling`` and ``fitting`` the posterior, ``forward`` the
simulation with switches, ``outlook`` what is told about a country, ``scores`` the prediction of left-out countries.
"""
