/** Runs a program in our place: its input and output are ours, its exit status becomes ours. */
import { spawn } from 'node:child_process'
import { ExitStatus } from './output.ts'

export async function runProgram(command: readonly string[], environment: Readonly<Record<string, string>>): Promise<void> {
  const status = await new Promise<number>((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), { stdio: 'inherit', env: { ...process.env, ...environment } })
    const pass = (signal: NodeJS.Signals): void => { child.kill(signal) }
    process.on('SIGTERM', pass)
    process.on('SIGHUP', pass)
    process.on('SIGINT', () => {}) // a terminal sends it to the program as well; what it means is for the program to say
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Error(error.code === 'ENOENT' ? `${command[0]} is not installed on this machine; "kubarium doctor" says how to install it` : `${command[0]} could not be run: ${error.message}`))
    })
    child.once('close', (code, signal) => { resolve(code ?? (signal === 'SIGINT' ? 130 : 143)) })
  })
  if (status !== 0) throw new ExitStatus(status)
}
