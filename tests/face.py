"""The public face: every name that users rely on. A change here is a change for them, and belongs in CHANGELOG.md."""

CALLS = {
    "Energy": "n_spins",
    "ManyBody": "n_spins, interactions, coefficients",
    "Network": "n_spins, hidden, activation, seed, dtype",
    "Pairwise": "couplings, fields",
    "Potts": "couplings, fields",
    "RBM": "n_visible, n_hidden, seed",
    "alignments.read": "path, unknown",
    "alignments.weights": "states, identity",
    "as_spins": "data, missing",
    "choose_penalty": "spins, weights, penalty, by, values, symmetric, fields, folds, seed",
    "contact_scores": "couplings, gap, corrected",
    "couplings": "energy, method, n_samples, seed",
    "data.digits": "threshold",
    "data.mnist": "threshold",
    "distil": "energy, spins, orders, top, false_discovery, weights, l2, threads, progress",
    "exact.energies": "energy",
    "exact.frequencies": "energy, beta",
    "exact.log_partition": "energy, beta",
    "exact.moments": "energy, beta",
    "exact.probabilities": "energy, beta",
    "exact.sample": "energy, n_samples, seed, beta",
    "exact.states": "n_spins, n_states",
    "exact.subset_index": "subset, n_spins",
    "exact.walsh_sum": "coefficients",
    "exact.walsh_transform": "values",
    "fit": (
        "energy, spins, objective, validation, weight_decay, epochs, batch_size, learning_rate, sites, sweeps, seed, "
        "progress, device"
    ),
    "fit_convex": "energy, spins, weights, l2",
    "fit_many_body": "spins, orders, false_discovery, weights, l2, threads, progress",
    "fit_pairwise": "spins, weights, objective, symmetric, l1, l2, fields, block, seed",
    "fit_potts": "states, n_states, weights, l2, l2_fields, tolerance",
    "fit_rbm": ("spins, n_hidden, epochs, batch_size, learning_rate, sweeps, persistent, l2, initial, seed, progress"),
    "log_partition": "energy, beta, n_chains, n_steps, seed",
    "interactions": "energy, order, top, method, n_samples, seed",
    "metropolis_hastings": "log_density, initial, propose, n_steps, seed",
    "objectives.interaction_screening": "energy, spins, weights",
    "objectives.likelihood": "energy, spins, weights",
    "objectives.pseudolikelihood": "energy, spins, weights",
    "objectives.pseudolikelihood_at": "energy, spins, sites, weights",
    "parallel_tempering": "energy, n_samples, betas, n_chains, warmup, thin, method, seed, order",
    "predictive_check": "model, spins, effective, warmup, false_alarm, seed",
    "random_hamiltonian": "n_spins, order, gamma, beta, n_interactions, seed",
    "reconstruction_error": "estimate, truth",
    "sample": "energy, n_samples, n_chains, warmup, thin, method, beta, seed, initial, order, threads",
}
"""Functions and energies: their parameters, in order."""

RECORDS = {
    "Chain": "states, log_density, accepted, acceptance",
    "ConvexFit": "energy, objective, converged",
    "Couplings": "values, errors, method",
    "Draws": (
        "spins, chains, energies, acceptance, n_sweeps, "
        "rhat, rhat_of, effective_sample_size, effective_sample_size_of, mean_and_error, to_inference_data"
    ),
    "Estimate": "spins, value, error",
    "Fit": "energy, train, held_out, best_epoch, diverged, weight_decay, rhat, objective",
    "Interactions": "indices, coefficients, errors, method",
    "LogPartition": "value, error, lower, upper, effective_sample_size",
    "ManyBodyFit": (
        "pairwise, many_body, objective, converged, path, ambiguous, energy, couplings, fields, interactions, "
        "coefficients, couplings_error, fields_error, coefficients_error, coefficients_interval, "
        "couplings_interval, names, table"
    ),
    "PairwiseFit": (
        "energy, objective, converged, couplings_by_site, rhat, names, couplings, fields, couplings_error, "
        "fields_error, table, couplings_support, couplings_interval"
    ),
    "PenaltyChoice": "penalty, by, values, scores, errors, best, fit, plot",
    "PottsFit": "energy, objective, gap, converged, couplings, fields",
    "PredictiveCheck": "passed, table, rhat, tempered, counts, expected, draws, plot",
    "RBMFit": "energy, pseudolikelihood, chains",
    "Tempering": "draws, betas, swap_acceptance, round_trips",
    "alignments.Alignment": "states, names, text, of",
    "data.Digits": "spins, labels, varying",
    "exact.Frequencies": "sites, pairs",
    "exact.Moments": "magnetisations, correlations",
}
"""What functions return: fields, properties and methods, in any order."""

MODULES = ("alignments", "data", "exact", "objectives", "plotting", "warnings")
"""The modules among the names of `ebmtools.__all__`; what is in the first four is listed above."""
