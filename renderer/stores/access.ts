/** A question to the API server: may somebody do something? */
import type { AccessAnswer, AccessQuestion } from '../../electron/contract/access.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { type Question, useQuestion } from './question.ts'

export function useAccessQuestion(): Question<[AccessQuestion], AccessAnswer> {
  const bridge = useBridge()
  return useQuestion((lab, question: AccessQuestion) => bridge.call('access/ask', { lab, question }))
}
