/** The relay's process: frames on standard input and output, the peers' host as its one argument. It ends when its input does. */
import { peerSockets } from '../peer-socket.ts'
import { DatagramRelay } from '../relay.ts'

const host = process.argv.at(-1)!
const { stdin, stdout } = process
const relay = new DatagramRelay({ connect: peerSockets(host), write: bytes => stdout.write(bytes) })
const end = (): void => {
  relay.close()
  process.exit(0)
}
stdin.on('data', (piece: Buffer) => { relay.read(piece) })
stdin.on('end', end)
stdin.on('error', end)
stdout.on('drain', () => { relay.drained() })
stdout.on('error', end)
