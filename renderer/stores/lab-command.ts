/** kubarium commands about the chosen lab. */
import { kubariumCommand } from '../lib/kubarium-command.ts'
import { useLabsStore } from './labs.ts'

export function useLabCommand(): (...words: readonly string[]) => string {
  const labs = useLabsStore()
  return (...words) => kubariumCommand(labs.lab?.spec.name ?? 'default', ...words)
}
