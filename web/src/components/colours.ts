// Colours of the map: one hue from pale to dark for levels, two around zero for differences; safe for colour-blind eyes.
import type { RegionsAnswer } from '../lib/api'
import { number } from '../lib/format'
import { look } from '../lib/theme.svelte'

const LEVELS = ['#e3eef6', '#bcd7ea', '#8bbbdc', '#4f97c5', '#1f6ea6', '#0a4674']
const BELOW = ['#0a4674', '#4f97c5', '#bcd7ea']
const ABOVE = ['#f6d3bd', '#e08a52', '#9c3a06']
const DARK_INK = '#14202b'
const LIGHT_INK = '#ffffff'

export interface Scale {
  fill: (value: number | null) => string
  ink: (value: number | null) => string
  steps: { colour: string; label: string }[]
}

export function colours(): { hidden: string } {
  return { hidden: look.theme === 'dark' ? '#2b343d' : '#dfe4e8' }
}

/** A scale over all years at once, so that a colour means the same in every year. */
export function scaleOf(answer: RegionsAnswer | null, view: 'level' | 'difference'): Scale {
  const all = (answer?.median ?? []).flat().filter((value): value is number => value !== null)
  return view === 'difference' ? diverging(all) : sequential(all)
}

function sequential(all: number[]): Scale {
  const sorted = [...all].sort((a, b) => a - b)
  const cuts = LEVELS.slice(1).map((_, index) => sorted[Math.floor(((index + 1) / LEVELS.length) * sorted.length)] ?? 0)
  const place = (value: number): number => cuts.filter((cut) => value >= cut).length
  const steps = sorted.length ? LEVELS.map((colour, index) => ({ colour, label: label(index === 0 ? null : cuts[index - 1], cuts[index]) })) : []
  return made((value) => LEVELS[place(value)] ?? LEVELS[0]!, (value) => place(value) > 3, steps)
}

function label(low: number | null | undefined, high: number | undefined): string {
  if (low === null || low === undefined) return `< ${number(high)}`
  return high === undefined ? `≥ ${number(low)}` : `${number(low)} – ${number(high)}`
}

function diverging(all: number[]): Scale {
  const sizes = all.map(Math.abs).filter((value) => value > 0).sort((a, b) => a - b)
  const one = sizes[Math.floor(sizes.length / 3)] ?? 0
  const two = sizes[Math.floor((2 * sizes.length) / 3)] ?? 0
  const place = (value: number): number => (Math.abs(value) >= two ? 2 : Math.abs(value) >= one ? 1 : 0)
  const pick = (value: number): string => (value === 0 ? '#ffffff' : value > 0 ? ABOVE[place(value)]! : [...BELOW].reverse()[place(value)]!)
  const steps = sizes.length
    ? [
        { colour: BELOW[0]!, label: `≤ −${number(two)}` }, { colour: BELOW[1]!, label: `−${number(two)} – −${number(one)}` },
        { colour: BELOW[2]!, label: `−${number(one)} – 0` }, { colour: ABOVE[0]!, label: `0 – ${number(one)}` },
        { colour: ABOVE[1]!, label: `${number(one)} – ${number(two)}` }, { colour: ABOVE[2]!, label: `≥ ${number(two)}` },
      ]
    : []
  return made(pick, (value) => place(value) === 2, steps)
}

function made(pick: (value: number) => string, isDark: (value: number) => boolean, steps: Scale['steps']): Scale {
  return {
    fill: (value) => (value === null ? colours().hidden : pick(value)),
    ink: (value) => (value === null ? (look.theme === 'dark' ? LIGHT_INK : DARK_INK) : isDark(value) ? LIGHT_INK : DARK_INK),
    steps,
  }
}

/** Whether a difference's sign is uncertain: its interval holds zero. */
export function hatched(low: number | null, high: number | null): boolean {
  return low === null || high === null || (low <= 0 && high >= 0)
}
