/** Rows of docs/support.md about reading and writing objects. */
import { partial, same } from '../../../base/support-row.ts'
import type { SupportRow } from '../../../base/support-row.ts'

const writing = 'Writing'
const reading = 'Reading and watching'

export const support: readonly SupportRow[] = [
  ...same(writing, 'optimistic concurrency; PATCH without resourceVersion is retried inside', 'writes that change nothing leave no trace', 'generateName with retries', 'finalizers; foreground, background and orphan deletion; graceful deletion of pods', 'deletecollection', 'dry run', 'fieldValidation', 'warnings', 'JSON patch, merge patch, strategic merge patch with all directives', 'server-side apply, managedFields on every write path, conflicts, force'),
  ...same(reading, 'one revision for all resources; consistent reads from the watch cache', 'resourceVersion and resourceVersionMatch', 'chunking with continue tokens', 'label and field selectors with synthetic transitions', 'bookmarks; watch-list (sendInitialEvents)', '410 as an answer and as an event', 'Table and PartialObjectMetadata for lists and watches', 'watches over WebSockets'),
  partial('Limits', 'size of a request', 'a body of 3 MiB, a head of 1 MiB over HTTP/1.1 as upstream; over HTTP/2 one line of the head has 64 KiB; a JSON or YAML body may hold 250,000 values, a protobuf body 80,000 fields, one object of it 10,000 keys, one list 20,000 objects or texts; of an invalid object 256 causes are told'),
  partial('Answers', 'texts that no client reads', 'descriptions of table columns, the plain-text 404, 406 and 415 of paths and media types that are unknown altogether, what a YAML parser complains of, and the managedFields of reviews are not upstream\'s; a wrong uid in the precondition of a deletion names the kind, not the resource'),
  ...same('Subresources', 'status, scale, binding, eviction, ephemeralcontainers, resize, token, approval, finalize'),
]
