/** The way of a connection through the nodes' rules, routes and tunnels, asked when somebody wants to know. */
import type { ConnectionPath, ConnectionQuestion } from '../../electron/contract/connections.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { type Question, useQuestion } from './question.ts'

export function useConnectionPath(): Question<[question: ConnectionQuestion], ConnectionPath> {
  const bridge = useBridge()
  return useQuestion(async (lab, question: ConnectionQuestion) => await bridge.call('network/path', { lab, question }))
}
