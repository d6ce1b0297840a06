/** What is said of a fault, in every language: English stands in its own file, the others in texts/. */
import type { FaultKind, FaultLanguage, FaultTexts } from '../../contract/faults.ts'
import type { WrittenKind } from './fault.ts'
import { zhHans } from './texts/zh-hans.ts'
import { zhHant } from './texts/zh-hant.ts'

export interface Translation {
  /** By the name of the fault. */
  readonly faults: Readonly<Record<string, Omit<FaultTexts, 'healing'>>>
  /** By the English sentence: many faults heal alike. */
  readonly healings: Readonly<Record<string, string>>
}

export const translations: Readonly<Record<Exclude<FaultLanguage, 'en'>, Translation>> = { 'zh-Hant': zhHant, 'zh-Hans': zhHans }

/** A kind as it is told to others. */
export function toldKind({ title, components, ...kind }: WrittenKind): FaultKind {
  const english: FaultTexts = { title, effect: kind.effect, evidence: kind.evidence, healing: kind.healing }
  const translated = ({ faults, healings }: Translation): FaultTexts => ({ ...(faults[kind.name] ?? english), healing: healings[kind.healing] ?? kind.healing })
  return { ...kind, components: components ?? null, texts: { 'en': english, 'zh-Hant': translated(zhHant), 'zh-Hans': translated(zhHans) } }
}
