// Messages by key, written by tools/web.py from the catalogue of texts (src/kladsim/evidence/translations.csv).
import en from '../messages/en.json'
import ru from '../messages/ru.json'

export type Language = 'en' | 'ru'
const catalogues: Record<Language, Record<string, string>> = { en, ru }

function stored(): Language {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem('kladsim.language')
  return asked === 'ru' || asked === 'en' ? asked : navigator.language.startsWith('ru') ? 'ru' : 'en'
}

class Words {
  language = $state<Language>(stored())

  choose(language: Language): void {
    this.language = language
    localStorage.setItem('kladsim.language', language)
  }
}
export const words = new Words()

/** A message with its {places} filled in; a key that no catalogue has is shown in words. One run is no "1 runs". */
export function t(key: string, fill: Record<string, string | number> = {}): string {
  const text = catalogues[words.language][key] ?? catalogues.en[key]
  if (text === undefined) return pretty(key.split('.').pop() ?? key)
  const filled = text.replace(/\{(\w+)\}/g, (_, name: string) => String(fill[name] ?? ''))
  return filled.replace(/\b1 (run|replicate|step)s\b/g, '1 $1').replace(/(\d) %/g, '$1\u00a0%')
}

/** Whether there is a message of this key. */
export function known(key: string): boolean {
  return key in catalogues.en
}

export function pretty(name: string): string {
  const spaced = name.replace(/[_-]/g, ' ')
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
