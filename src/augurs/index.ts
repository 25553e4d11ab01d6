export { type AugursPredictor, type AugursPredictorOptions, augursPredictor } from './augurs-predictor.ts';
