// The map of the base's country, fetched once.
import { api, type MapAnswer } from './api'
import { words } from './i18n.svelte'

class Maps {
  map = $state.raw<MapAnswer | null>(null)
  // The country whose pack has no map, empty while there is one or it is not known yet.
  without = $state('')
  #asked = ''

  want(country: string): void {
    if (!country || this.#asked === country) return
    this.#asked = country
    this.map = null
    this.without = ''
    api.map(country).then(
      (found) => { if (this.#asked === country) this.map = found },
      () => { if (this.#asked === country) this.without = country },
    )
  }

  get regions(): MapAnswer['regions'] {
    return this.map?.regions ?? []
  }

  name(code: string): string {
    const region = this.regions.find((item) => item.code === code)
    return (words.language === 'ru' ? region?.name_ru : region?.name) ?? code
  }
}
export const maps = new Maps()
