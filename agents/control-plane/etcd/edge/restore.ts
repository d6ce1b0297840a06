/**
 * `etcd-restore FROM DATA-DIR`: puts the database of one folder into another (see restore/restore-data.ts). Prints one line of
 * JSON, {"savedRevision": "…", "revision": "…"}; ends with status 1 and the reason on stderr when it cannot be done.
 */
import { restoreData } from '../restore/restore-data.ts'

const [from, dataFolder] = process.argv.slice(2)
try {
  if (from === undefined || dataFolder === undefined) throw new Error('usage: etcd-restore FROM DATA-DIR')
  const { savedRevision, revision } = await restoreData(from, dataFolder)
  process.stdout.write(`${JSON.stringify({ savedRevision: String(savedRevision), revision: String(revision) })}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
