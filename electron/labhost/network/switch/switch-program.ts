/** The thread of a lab's switch: frames pass here, so that a busy LAN keeps nobody in the lab host waiting. */
import { randomInt } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { type Log, type LogFields, type LogLevel, errorText } from '../../../../agents/base/log.ts'
import { seededRandom } from '../../../../agents/base/random.ts'
import { systemClock } from '../../../../agents/runtime/system.ts'
import { CaptureTap } from '../capture/capture-tap.ts'
import { FilterError } from '../packets/filter-error.ts'
import type { FromSwitch, SwitchQuestion, ToSwitch } from './switch-messages.ts'
import { VirtualSwitch } from './virtual-switch.ts'

const host = parentPort!
const lan = new VirtualSwitch({ clock: systemClock, random: seededRandom(randomInt(2 ** 32)), log: hostLog({}) })
const captures = new Map<number, { readonly tap: CaptureTap; readonly observing: Disposable }>()

host.on('message', ({ id, ...question }: ToSwitch) => {
  try {
    tell({ id, answer: answer(question) })
  } catch (error) {
    tell({ id, failed: errorText(error), isExpression: error instanceof FilterError })
  }
})

function answer(question: SwitchQuestion): unknown {
  switch (question.ask) {
    case 'attach':
      lan.attach(question.port, question.socketPath, question.network)
      return null
    case 'detach':
      lan.detach(question.port)
      return null
    case 'route':
      lan.route(question.routers)
      return null
    case 'state':
      return lan.state()
    case 'usage':
      return process.threadCpuUsage()
    case 'impair':
      lan.lan.set(question.owner, question.link, question.impairments)
      return null
    case 'clear':
      lan.lan.clear(question.owner)
      return null
    case 'capture': {
      const { capture } = question
      const tap = new CaptureTap(question.options, systemClock, (piece, dropped) => {
        const bytes = new Uint8Array(piece.buffer as ArrayBuffer, piece.byteOffset, piece.byteLength)
        host.postMessage({ capture, piece: bytes, dropped } satisfies FromSwitch, [bytes.buffer])
      })
      captures.set(capture, { tap, observing: lan.observe(tap) })
      return null
    }
    case 'taken':
      captures.get(question.capture)?.tap.taken(Buffer.from(question.memory))
      return null
    case 'end-capture': {
      const ending = captures.get(question.capture)
      if (ending === undefined) return null
      ending.observing[Symbol.dispose]()
      ending.tap.close()
      captures.delete(question.capture)
      return null
    }
  }
}

function tell(message: FromSwitch): void {
  host.postMessage(message)
}

function hostLog(common: LogFields): Log {
  const line = (level: LogLevel) => (message: string, fields: LogFields = {}) => { tell({ level, message, fields: { ...common, ...fields } }) }
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error'), with: more => hostLog({ ...common, ...more }) }
}
