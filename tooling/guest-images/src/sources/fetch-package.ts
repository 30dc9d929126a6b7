/** Asks one source after the other. */
import { GuestImageError } from '../errors.ts';
import type { Fetched, PackageSource, Request, SourceContext } from './source.ts';

/**
 * The package from the first source that has it.
 *
 * @throws GuestImageError what a source found wrong with the bytes it got, at once; `unavailable` with every source's
 *   reason when none has the package
 */
export async function fetchPackage(sources: readonly PackageSource[], request: Request, context: SourceContext): Promise<Fetched> {
  const refusals: GuestImageError[] = [];
  for (const source of sources) {
    context.signal?.throwIfAborted();
    try {
      return await source.fetch(request, context);
    } catch (error) {
      if (!(error instanceof GuestImageError) || (error.code !== 'unavailable' && error.code !== 'download')) throw error;
      refusals.push(error);
    }
  }
  const { name, architecture } = request.locked;
  throw new GuestImageError(
    'unavailable',
    `${name}:${architecture} is not to be had: ${refusals.map(({ message }) => message).join('; ')}`,
    refusals.at(-1)?.hint ?? 'No source is set up.',
    { cause: refusals.at(-1) },
  );
}
