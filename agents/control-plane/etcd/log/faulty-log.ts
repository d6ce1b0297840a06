/** A log on a disk that faults can make slow, stuck or broken. A flush that fails ends the process, as a real one would (LG5). */
import { faultPoints } from '../../../base/fault-points.ts'
import type { Log } from './log.ts'

const syncFault = faultPoints.define({ name: 'store.sync', help: 'A flush of the log to disk, before anybody is told that a write is done. error: the disk has failed, and the store ends.', attributes: [], effects: ['delay', 'hold', 'error'] })

export function faultyLog(inner: Log): Log {
  return {
    replay: visitor => { inner.replay(visitor) },
    write: batch => { inner.write(batch) },
    async sync() {
      await inner.sync()
      if (syncFault.rules !== undefined) await syncFault.meet({})
    },
    value: position => inner.value(position),
    size: () => inner.size(),
    defragment: () => { inner.defragment() },
    snapshot: () => inner.snapshot(),
    close: () => inner.close(),
  }
}
