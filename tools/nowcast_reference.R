# Reference of tests/monitor/test_nowcast.py: nowcast of the R package `surveillance`, method "bayes.trunc".
#
#   Rscript tools/nowcast_reference.R EVENTS.csv OUT.csv
#
# EVENTS.csv: event, report (dates), number. OUT.csv: event, reported, mean, median, and the 80 % interval low to high.
# Needs R and the package (Debian: r-base-core, r-cran-surveillance).
suppressPackageStartupMessages(library(surveillance))
arguments <- commandArgs(TRUE)
events <- read.csv(arguments[1])
events <- events[rep(seq_len(nrow(events)), events$number), ]
events$event <- as.Date(events$event)
events$report <- as.Date(events$report)
now <- max(events$report)
when <- seq(now - 10, now, by = "day")
found <- nowcast(now = now, when = when, data = events, dEventCol = "event", dReportCol = "report",
  method = "bayes.trunc", aggregate.by = "1 day", D = 10, control = list(
    N.tInf.prior = structure("poisgamma", mean.lambda = 20, var.lambda = 400), N.tInf.max = 300, nSamples = 20000,
    dRange = c(min(events$event), now), alpha = 0.2, predPMF = TRUE))
at <- match(when, epoch(found))
means <- sapply(as.character(when), function(day) {
  chance <- found@predPMF[[day]][[1]]
  sum(chance * (seq_along(chance) - 1))
})
write.csv(data.frame(event = when, reported = as.numeric(observed(found)[at]), mean = round(as.numeric(means), 4),
  median = as.numeric(upperbound(found)[at]), low = found@pi[at, 1, 1], high = found@pi[at, 1, 2]),
  arguments[2], row.names = FALSE, quote = FALSE)
