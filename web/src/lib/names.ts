// Names of outcomes, levers and their options in the page's language.
import type { Outcome, Problem } from './api'
import { known, pretty, t, words } from './i18n.svelte'
import { page } from './page.svelte'

export function outcome(name: string): Outcome | undefined {
  return page.catalogue?.outcomes.find((item) => item.name === name)
}

export function title(name: string): string {
  return outcome(name)?.title[words.language] ?? pretty(name)
}

export function unit(name: string): string {
  return outcome(name)?.unit[words.language] ?? ''
}

/** The unit of a sum over years: a flow's without "a day". */
export function total(name: string): string {
  return unit(name).replace(/\/day$| в день$/, '')
}

export function lever(name: string): string {
  return known(`lever.${name}`) ? t(`lever.${name}`) : pretty(name)
}

export function option(name: string): string {
  return known(`option.${name}`) ? t(`option.${name}`) : pretty(name)
}

/** What the ends of an interval over this state's runs are: 90 % of them, or of few runs their range. */
export function intervalName(): string {
  return page.many < Number(page.catalogue?.defaults['fewest_for_90'] ?? 0) ? t('interval.few', { n: page.many }) : t('interval90')
}

/** What is wrong and what would be right, in the page's language where it has the words. */
export function problemSays(problem: Problem): string {
  const place = (problem.where ?? '').replace(/^levers\.\d+\./, '')
  const [first = '', ...rest] = place.split('.')
  const where = known(`lever.${first}`) ? [lever(first), ...rest.map(option)].join(', ') : known(`option.${place}`) ? option(place) : place
  const message = known(`problem.${problem.message}`) ? t(`problem.${problem.message}`) : problem.message
  const allowed = problem.allowed && `→ ${problem.allowed.replace(/ to /g, ' – ')}`
  const near = problem.suggestion && `(${problem.suggestion}?)`
  return [where && `${where}:`, message, allowed, near].filter(Boolean).join(' ')
}

/** A run's name: the base, and the levers of a plan in words. */
export function runName(run: { name: string; levers?: { [key: string]: unknown }[] | undefined }): string {
  const levers = run.levers ?? []
  if (!levers.length) return run.name === 'russia' ? t('run.baseline') : run.name
  return levers.map((entry) => lever(String(entry['lever']))).join(' + ')
}
