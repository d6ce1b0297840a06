/** A question to the scheduler: where would the pods of a manifest go? */
import { useBridge } from '../bridge/use-bridge.ts'
import { type Question, useQuestion } from './question.ts'

export function useWhatIf<T>(): Question<[manifest: string, count: number], T> {
  const bridge = useBridge()
  return useQuestion((lab, manifest: string, count: number) => bridge.call('scheduler/what-if', { lab, manifest, count }) as Promise<T>)
}
