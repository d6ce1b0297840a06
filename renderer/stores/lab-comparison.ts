/** In what the chosen lab differs from another one. */
import type { LabComparison } from '../../electron/contract/lab-comparison.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { type Question, useQuestion } from './question.ts'

export function useLabComparison(): Question<[other: string], LabComparison> {
  const bridge = useBridge()
  return useQuestion((lab, other: string) => bridge.call('labs/compare', { lab, with: other }))
}
