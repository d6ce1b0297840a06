/**
 * The one table between the lab host and everything that looks at it.
 *
 * A *call* has one reply (or one error). A *feed* is followed: it delivers items until it is cancelled or ends.
 * Both travel as JSON frames over a WebSocket (browser, CLI) or a MessagePort (Electron); see frames.ts.
 */
import type { AccessCalls } from './access.ts'
import type { CaptureFeeds } from './captures.ts'
import type { CheckpointCalls, CheckpointFeeds } from './checkpoints.ts'
import type { ComponentCalls } from './components.ts'
import type { DrillCalls, DrillFeeds } from './drills.ts'
import type { ConnectionCalls, ConnectionFeeds } from './connections.ts'
import type { FaultCalls, FaultFeeds } from './faults.ts'
import type { InspectionCalls, InspectionFeeds } from './inspections.ts'
import type { ComparisonCalls } from './lab-comparison.ts'
import type { LabCalls, LabFeeds } from './labs.ts'
import type { LinkCalls } from './links.ts'
import type { MachineFeeds } from './machines.ts'
import type { MetricsCalls, MetricsFeeds } from './metrics.ts'
import type { ResourceCalls, ResourceFeeds } from './resources.ts'
import type { StoryCalls, StoryFeeds } from './stories.ts'
import type { TerminalCalls, TerminalFeeds } from './terminals.ts'

export interface Calls extends LabCalls, AccessCalls, CheckpointCalls, ComparisonCalls, ComponentCalls, ConnectionCalls, DrillCalls, FaultCalls, InspectionCalls, LinkCalls, MetricsCalls, ResourceCalls, StoryCalls, TerminalCalls {}
export interface Feeds extends LabFeeds, CaptureFeeds, CheckpointFeeds, ConnectionFeeds, DrillFeeds, FaultFeeds, InspectionFeeds, MachineFeeds, MetricsFeeds, ResourceFeeds, StoryFeeds, TerminalFeeds {}

export type CallName = keyof Calls
export type FeedName = keyof Feeds
export type ArgumentsOf<N extends CallName> = Calls[N]['arguments']
export type ReplyOf<N extends CallName> = Calls[N]['reply']
export type FeedArgumentsOf<N extends FeedName> = Feeds[N]['arguments']
export type ItemOf<N extends FeedName> = Feeds[N]['item']

/** Explicit, so that both sides can refuse a name that is not theirs. A test keeps it equal to the types. */
export const callNames = [
  'host/info', 'host/stop', 'host/page', 'host/doctor',
  'labs/list', 'labs/up', 'labs/read-file', 'labs/file-choices', 'labs/down', 'labs/delete', 'labs/status', 'labs/kubeconfig', 'labs/compare',
  'nodes/add', 'nodes/remove', 'nodes/start', 'nodes/stop', 'nodes/power-off', 'nodes/reset', 'nodes/ssh-target',
  'checkpoints/list', 'checkpoints/save', 'checkpoints/rewind', 'checkpoints/branch', 'checkpoints/golden', 'checkpoints/delete', 'checkpoints/verify', 'checkpoints/export', 'checkpoints/import', 'checkpoints/settings',
  'components/kill', 'components/pause', 'components/resume', 'components/restart', 'components/swap', 'components/swap-check', 'components/inspect', 'components/steer', 'components/log-level',
  'scheduler/what-if', 'access/ask',
  'forwards/list', 'forwards/open', 'forwards/close',
  'links/state', 'links/impair', 'links/clear', 'network/path',
  'drills/list', 'drills/read', 'drills/preview', 'drills/run', 'drills/stop', 'drills/runs', 'drills/report',
  'faults/kinds', 'faults/preview', 'faults/inject', 'faults/heal', 'faults/list',
  'resources/delete', 'resources/get', 'resources/replace', 'resources/scale', 'resources/restart', 'resources/schema', 'resources/relations',
  'stories/apply', 'stories/find',
  'terminals/open', 'terminals/input', 'terminals/resize', 'terminals/close', 'terminals/list',
] as const satisfies readonly CallName[]

export const feedNames = [
  'labs/state', 'labs/progress', 'components/inspection', 'captures/file', 'captures/packets', 'checkpoints/state', 'drills/state', 'faults/state', 'machines/report', 'logs/follow', 'logs/pods', 'resources/kinds', 'resources/object', 'resources/table', 'stories/follow', 'terminals/output', 'network/traffic', 'components/metrics',
] as const satisfies readonly FeedName[]
