// The page's state: what the address says, what the server answers, the queue, and undo.
import { api, Refused, type Asked, type Catalogue, type RunInfo, type Runs, type StateAnswer } from './api'
import { words } from './i18n.svelte'
import { behindHash, fromHash, toHash, type LeverState, type PlanState, type State } from './url'

const KEPT = 200
const WAIT_MS = 25

class Page {
  state = $state<State>(fromHash(location.hash))
  catalogue = $state<Catalogue | null>(null)
  answer = $state<StateAnswer | null>(null)
  queue = $state<Runs | null>(null)
  error = $state('')
  loading = $state(true)
  asking = $state(false)
  past = $state<string[]>([])
  future = $state<string[]>([])
  /** Goes up when a run that this page shows has ended, so that charts ask again. */
  version = $state(0)
  #abort: AbortController | null = null
  #timer = 0

  async begin(): Promise<void> {
    const { search, hash } = behindHash(location.search, location.hash)
    if (search !== location.search) history.replaceState(null, '', location.pathname + search + hash)
    this.state = this.#read(hash)
    addEventListener('hashchange', () => {
      if (location.hash !== toHash(this.state)) this.state = this.#read(location.hash)
      // One state has one address: what was typed by hand is written as the page writes it.
      const written = toHash(this.state)
      if (location.hash !== written) history.replaceState(null, '', written)
    })
    this.#listen()
    try {
      this.catalogue = await api.catalogue()
    } catch (error) {
      this.error = said(error)
    }
  }

  /** What base and plans the page asks about. */
  get asked(): Asked {
    return {
      frame: { ...this.state.frame },
      plans: this.state.plans.map((plan) => ({
        name: plan.name,
        levers: plan.levers.map((lever) => ({ lever: lever.lever, ...$state.snapshot(lever.options) })),
      })) as Asked['plans'],
    }
  }

  /** Runs of each plan. */
  get many(): number {
    return this.state.frame.replicates ?? Number(this.catalogue?.defaults['replicates'] ?? 20)
  }

  /** The country of the base, as the server understood it; empty until it has. */
  get country(): string {
    return this.answer?.country ?? ''
  }

  /** The country's name in the page's language. */
  get place(): string {
    const found = this.catalogue?.countries.find((item) => item.name === this.country)
    return found?.title[words.language] ?? this.country
  }

  /** The state of an address; the language that it asks for is taken. */
  #read(hash: string): State {
    const state = fromHash(hash)
    if (state.language) words.choose(state.language)
    return { ...state, language: '' }
  }

  get plan(): PlanState | undefined {
    return this.state.plans[this.state.active]
  }

  /** Change the state; `keep` remembers the state before, for undo. */
  change(fields: Partial<State>, keep = true): void {
    const before = toHash(this.state)
    const screen = this.state.screen
    Object.assign(this.state, fields)
    const now = toHash(this.state)
    if (now === before) return
    if (keep) {
      this.past = [...this.past.slice(-KEPT), before]
      this.future = []
    }
    if (fields.screen && fields.screen !== screen) location.hash = now
    else history.replaceState(null, '', now)
  }

  undo(): void {
    this.#go(this.past, this.future, (past, future) => ([this.past, this.future] = [past, future]))
  }

  redo(): void {
    this.#go(this.future, this.past, (future, past) => ([this.past, this.future] = [past, future]))
  }

  #go(from: string[], to: string[], set: (from: string[], to: string[]) => void): void {
    const target = from.at(-1)
    if (target === undefined) return
    set(from.slice(0, -1), [...to, toHash(this.state)])
    this.state = fromHash(target)
    history.replaceState(null, '', target)
  }

  setPlans(plans: PlanState[], active = this.state.active): void {
    this.change({ plans, active: Math.min(active, Math.max(0, plans.length - 1)) })
  }

  setLever(index: number, lever: LeverState): void {
    const plans = $state.snapshot(this.state.plans) as PlanState[]
    const plan = plans[this.state.active]
    if (!plan) return
    plan.levers[index] = lever
    this.setPlans(plans)
  }

  /** Ask the server about base and plans, a moment after the last change. */
  refresh(asked: Asked): void {
    clearTimeout(this.#timer)
    this.#timer = window.setTimeout(() => void this.#ask(asked), this.answer ? WAIT_MS : 0)
  }

  async #ask(asked: Asked): Promise<void> {
    this.#abort?.abort()
    this.#abort = new AbortController()
    this.asking = true
    try {
      this.answer = await api.state(asked, this.#abort.signal)
      this.error = ''
    } catch (error) {
      if ((error as Error).name === 'AbortError') return
      this.error = said(error)
      this.answer = null // what was shown before answers another question
    } finally {
      this.loading = false
    }
    this.asking = false
  }

  async simulate(): Promise<void> {
    try {
      await api.start(this.asked)
      await this.#ask(this.asked)
    } catch (error) {
      this.error = said(error)
    }
  }

  /** The newest word on a run. */
  run(info: RunInfo | null | undefined): RunInfo | null {
    if (!info) return null
    return this.queue?.runs.find((run) => run.id === info.id) ?? info
  }

  #listen(): void {
    const events = api.events()
    events.addEventListener('runs', (event) => {
      const before = new Map(this.queue?.runs.map((run) => [run.id, run.state]))
      this.queue = JSON.parse((event as MessageEvent<string>).data) as Runs
      const ended = this.queue.runs.some((run) => before.has(run.id) && before.get(run.id) !== run.state)
      if (ended) {
        this.version += 1
        void this.#ask(this.asked)
      }
    })
  }
}

export function said(error: unknown): string {
  return error instanceof Refused || error instanceof Error ? error.message : String(error)
}

export const page = new Page()
