// Names of outcomes, levers and their options in the page's language.
import type { Outcome } from './api'
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

export function lever(name: string): string {
  return known(`lever.${name}`) ? t(`lever.${name}`) : pretty(name)
}

export function option(name: string): string {
  return known(`option.${name}`) ? t(`option.${name}`) : pretty(name)
}

/** A run's name: the base, and the levers of a plan in words. */
export function runName(run: { name: string; levers?: { [key: string]: unknown }[] | undefined }): string {
  const levers = run.levers ?? []
  if (!levers.length) return run.name === 'russia' ? t('run.baseline') : run.name
  return levers.map((entry) => lever(String(entry['lever']))).join(' + ')
}
