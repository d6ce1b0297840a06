/** What this host has told its own apt about reaching mirrors: proxies, and how to live with a frozen clock. A system made here is fetched the same way. */
import { runTool } from '../../build/run-tool.ts'

export async function inheritedAptOptions(signal: AbortSignal | undefined): Promise<{ name: string; value: string }[]> {
  const dump = await runTool('apt-config', ['dump', '--format', '%f "%v";%n', 'Acquire'], { signal }).catch(() => '')
  return dump.split('\n').flatMap(line => {
    const match = /^(Acquire::(?:Check-Valid-Until|Check-Date|https?::Proxy)) "(.+)";$/.exec(line)
    return match === null ? [] : [{ name: match[1]!, value: match[2]! }]
  })
}
