import { InvalidOptionError } from '../../errors.ts';
import { adaptReference } from './adapt.ts';
import { awsStepScalingReference } from './aws-step-scaling.ts';
import { awsTargetTrackingReference } from './aws-target-tracking.ts';
import { conpaasReference } from './conpaas.ts';
import { crawleeReference } from './crawlee.ts';
import { histReference } from './hist.ts';
import { holtWintersHpaReference } from './holt-winters-hpa.ts';
import { hpaInFlightReference, hpaReference } from './hpa.ts';
import { knativeReference } from './knative.ts';
import { oracleReference } from './oracle-plan.ts';
import { reactReference } from './react.ts';
import type { ReferenceAutoscaler } from './reference.ts';
import { regReference } from './reg.ts';
import { staticMeanReference, staticPeakReference } from './static-size.ts';

export type { ReferenceAutoscaler } from './reference.ts';

/** All autoscalers that flyball is measured against, those that know the load in advance last. */
export const references: readonly ReferenceAutoscaler[] = [
  hpaReference,
  hpaInFlightReference,
  holtWintersHpaReference,
  knativeReference,
  awsTargetTrackingReference,
  awsStepScalingReference,
  reactReference,
  adaptReference,
  histReference,
  regReference,
  conpaasReference,
  crawleeReference,
  staticPeakReference,
  staticMeanReference,
  oracleReference,
];

/** @throws InvalidOptionError listing the names there are. */
export function findReference(name: string): ReferenceAutoscaler {
  const found = references.find((reference) => reference.name === name);
  if (found === undefined) {
    const names = references.map((reference) => reference.name).join(', ');
    throw new InvalidOptionError('policy', `must be one of ${names}`, name);
  }
  return found;
}
