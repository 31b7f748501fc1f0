// From a lever's JSON Schema to the fields of its form.
import type { Lever } from '../lib/api'
import type { LeverState, Value } from '../lib/url'

export interface FieldSpec {
  name: string
  kind: 'number' | 'date' | 'choice' | 'switch' | 'regions' | 'text'
  required: boolean
  optional: boolean
  min?: number
  max?: number
  step: number
  choices: string[]
  fallback: Value | undefined
  documented?: [number, number]
}

interface Part {
  type?: string
  format?: string
  minimum?: number
  maximum?: number
  enum?: string[]
  const?: string
  default?: Value | null
  anyOf?: Part[]
  items?: Part
  $ref?: string
}

const SECONDARY = ['strength', 'end', 'where', 'delay_days', 'ramp_days', 'cost', 'payer', 'capacity']

export function basic(field: FieldSpec): boolean {
  return !SECONDARY.includes(field.name)
}

export function fieldsOf(lever: Lever): FieldSpec[] {
  const form = lever.form as { properties?: Record<string, Part>; required?: string[]; $defs?: Record<string, Part> }
  const required = form.required ?? []
  const found = Object.entries(form.properties ?? {}).flatMap(([name, part]) => {
    const field = fieldOf(name, resolved(part, form.$defs ?? {}), required.includes(name))
    const range = lever.documented[name]
    if (field && range) field.documented = [range[0] as number, range[1] as number]
    return field ? [field] : []
  })
  const place = (field: FieldSpec): number => (field.required ? 0 : 1) + (basic(field) ? 0 : 2)
  return found.sort((a, b) => place(a) - place(b))
}

function resolved(part: Part, defs: Record<string, Part>): Part {
  return part.$ref ? { ...(defs[part.$ref.split('/').pop() ?? ''] ?? {}), ...part } : part
}

function fieldOf(name: string, part: Part, required: boolean): FieldSpec | null {
  if (part.const !== undefined) return null
  const inner = part.anyOf?.find((entry) => entry.type !== 'null') ?? part
  const optional = Boolean(part.anyOf?.some((entry) => entry.type === 'null'))
  const fallback = part.default === null ? undefined : part.default
  const base = { name, required, optional, step: 1, choices: [], fallback }
  if (inner.enum) return { ...base, kind: 'choice', choices: inner.enum }
  if (inner.type === 'boolean') return { ...base, kind: 'switch' }
  if (inner.type === 'array') return name === 'where' || name.includes('region') ? { ...base, kind: 'regions' } : null
  if (inner.type === 'string') return { ...base, kind: inner.format === 'date' ? 'date' : 'text' }
  if (inner.type !== 'number' && inner.type !== 'integer') return null
  const field: FieldSpec = { ...base, kind: 'number', step: inner.type === 'integer' ? 1 : 0.01 }
  if (inner.minimum !== undefined) field.min = inner.minimum
  if (inner.maximum !== undefined) field.max = inner.maximum
  return field
}

/** A lever with values for all that it requires, begun next 1 January (or as near to it as the run allows). */
export function fresh(lever: Lever, start: string, until: string, today = new Date()): LeverState {
  const begin = nextYear(start, until, today)
  const options: Record<string, Value> = {}
  for (const field of fieldsOf(lever)) {
    if (field.name === lever.dated_by) options[field.name] = begin
    else if (field.required || (field.choices.length && field.fallback === undefined && !SECONDARY.includes(field.name))) {
      options[field.name] = firstValue(field, begin)
    }
  }
  return { lever: lever.name, options }
}

/** The next 1 January; the last one in the run where that lies after it, else its middle. */
function nextYear(start: string, until: string, today: Date): string {
  const next = `${today.getFullYear() + 1}-01-01`
  if (next < until) return next > start ? next : start
  const last = `${Number(until.slice(0, 4)) - (until.endsWith('-01-01') ? 1 : 0)}-01-01`
  return last > start ? last : `${start.slice(0, 4)}-07-01`
}

function firstValue(field: FieldSpec, begin: string): Value {
  if (field.kind === 'date') return begin
  if (field.kind === 'choice') return field.choices[0] ?? ''
  if (field.kind === 'switch') return true
  if (field.kind === 'number') {
    // A wide range says nothing about what is usual: start low in it.
    const [low, high] = field.documented ?? [field.min ?? 0, Math.min(field.max ?? Infinity, Math.max(1, (field.min ?? 0) * 2))]
    const middle = field.step === 1 && (field.max ?? 0) > 10_000 ? 10_000 : field.step === 1 ? low : (low + high) / 2
    return field.step === 1 ? Math.round(middle) : Number(middle.toPrecision(2))
  }
  return field.kind === 'regions' ? [] : ''
}
