"""The assumptions of theorems about views that differ from the center, and about compressed gradients."""

from __future__ import annotations

from theory.assumptions import Assumption

convex = Assumption("convex", "f is convex", r"f(y)\ge f(x)+\langle g,y-x\rangle,\ g=\mathbb{E}\nabla F(x;\xi)")
elastic_views = Assumption(
    "elastic-consistency",
    "gradients are taken at views that do not depend on the samples drawn there, each within gamma B of the center in mean "
    "square in every iteration",
    r"\mathbb{E}\|x_k-v_k^i\|^2\le\gamma^2B^2",
)
single_steps = Assumption(
    "single-steps",
    "every iteration moves the center by one stochastic gradient, taken at a view",
    r"x_{k+1}=x_k-\gamma\nabla F(v_k;\xi_k)",
)
parallel_steps = Assumption(
    "parallel-steps",
    "every iteration moves the center by the mean of the gradients of all workers, each taken at a view of its own",
    r"x_{k+1}=x_k-\frac\gamma n\sum_i\nabla F_i(v_k^i;\xi_k^i)",
)
partial_steps = Assumption(
    "partial-steps",
    "every iteration moves the center by the gradients of at least Q workers, each taken at a view of its own, summed and "
    "divided by n; who they are depends on no sample",
    r"x_{k+1}=x_k-\frac\gamma n\sum_{i\in I_k}\nabla F(v_k^i;\xi_k^i),\ |I_k|\ge Q",
)
half_steps = Assumption(
    "half-steps",
    "every iteration moves the center by the gradients of at least half of the workers, each taken at a view of its own, summed "
    "and divided by n; who they are depends on no sample",
    r"x_{k+1}=x_k-\frac\gamma n\sum_{i\in I_k}\nabla F(v_k^i;\xi_k^i),\ |I_k|\ge\tfrac n2",
)
window = Assumption(
    "inconsistent-reads",
    "one model; a view is the model but for updates among the last T, which may be missing in any of its coordinates",
    r"(x_k-v_k)_j=-\gamma\sum_{s\in S_j}(\nabla F(v_s;\xi_s))_j,\ S_j\subseteq\{k-T,\dots,k-1\}",
)
scattered = Assumption(
    "scattered-updates",
    "one model; a view lacks at most T updates in each coordinate, which may be other ones in other coordinates",
    r"(x_k-v_k)_j=-\gamma\sum_{s\in S_j}(\nabla F(v_s;\xi_s))_j,\ |S_j|\le T",
)
crashes = Assumption(
    "crash-faults",
    "rounds in which all living workers send their gradients to all; at most n_f workers crash, each while it sends a gradient, "
    "which some receive then and others do not",
    r"x_k-v_k^i=-\frac\gamma n\sum_{j\in C}g_j,\ |C|\le n_f",
)
omissions = Assumption(
    "message-omissions",
    "rounds in which all workers send their gradients to all; at any time a worker lacks at most n_f of the gradients sent",
    r"x_k-v_k^i=-\frac\gamma n\sum_{(j,s)\in C}g_j^{(s)},\ |C|\le n_f",
)
late_messages = Assumption(
    "late-messages",
    "in every round all workers send their gradients to all; a worker has its own, and others' of all rounds but at most the "
    "last tau",
    r"x_k-v_k^i=-\frac\gamma n\sum_{j\ne i}\sum_{s\in S_j}g_j^{(s)},\ S_j\subseteq\{k-\tau,\dots,k-1\}",
)
next_round = Assumption(
    "norm-bounded-scheduler",
    "in every round all workers send their gradients to all; a worker goes on without some gradients of others, which it applies "
    "one round later",
    r"x_k-v_k^i=-\frac\gamma n\sum_{j\in J}g_j^{(k-1)},\ i\notin J",
)
substituted = Assumption(
    "variance-bounded-scheduler",
    "in every round all workers send their gradients to all; a worker goes on with its own gradient in place of some "
    "gradients of others, and puts that right one round later; which are late depends on no sample",
    r"x_k-v_k^i=\frac\gamma n\sum_{j\in J}(g_i^{(k-1)}-g_j^{(k-1)}),\ i\notin J",
)
contracts = Assumption(
    "contraction",
    "the compressor loses at most a share theta of the squared norm, in the mean over its own randomness",
    r"\mathbb{E}\|C(w)-w\|^2\le\theta\|w\|^2",
)
keeps_norm = Assumption("shrinks", "the compressor does not enlarge norms", r"\|C(w)\|\le\|w\|")
unbiased_compressor = Assumption(
    "unbiased-compressor",
    "the compressor is unbiased with variance omega per squared norm, and draws anew for every worker and iteration",
    r"\mathbb{E}Q(w)=w,\ \mathbb{E}\|Q(w)-w\|^2\le\omega\|w\|^2",
)
error_feedback = Assumption(
    "error-feedback",
    "every worker sends C(gamma g + e), keeps what is lost of it as its memory e, and all step by the mean of what is sent; the "
    "center is the model that uncompressed gradients would give",
    r"e_i^+=\gamma g_i+e_i-C(\gamma g_i+e_i),\ v_k=x_k+\frac1n\sum_ie_i^{(k)}",
)
late_streams = Assumption(
    "late-error-feedback",
    "in every round all workers send C(gamma g + e) to all, and keep what is lost as their memory e; a worker applies messages, "
    "divided by n, in the order in which they were sent: its own at once, those of others at most tau rounds late",
    r"v_k^i=x_0-\frac1n\sum_j\sum_{s<k-\tau_{ij}}c_j^{(s)},\ \tau_{ij}\le\tau,\ \tau_{ii}=0",
)
late_compressed = Assumption(
    "late-compressed-messages",
    "in every round all workers send C(gamma g + e) to all, and keep what is lost as their memory e; a worker has its own "
    "messages, and others' of all rounds but some among the last tau",
    r"v_k^i=x_0-\frac1n\sum_j\left(\sum_{s<k}c_j^{(s)}-\sum_{s\in S_j}c_j^{(s)}\right),\ S_j\subseteq\{k-\tau,\dots,k-1\}",
)
shared_compressed = Assumption(
    "compressed-writes",
    "one model, to which n workers add -C(gamma g + e) one at a time, each keeping what is lost as a memory e of its own; a view "
    "is the model but for writes among the last T, which may be missing in any of its coordinates",
    r"v_k=x_k+\sum_ie_i^{(k)}+(\text{missing writes})",
)
detached_feedback = Assumption(
    "detached-error-feedback",
    "every worker takes its gradient at the model minus a share of its memory e, sends C(gamma g + e), keeps what is lost, and "
    "all step by the mean of what is sent; the center is the model minus the mean memory",
    r"v_k^i=y_k-\lambda_de_i,\ x_k=y_k-\bar e",
)
common_pull = Assumption(
    "common-pull",
    "in every iteration each worker steps by its gradient and moves a share alpha of its distance to one point, the same for all",
    r"x_i^+=x_i-\gamma\nabla F_i(x_i;\xi_i)-\alpha(x_i-z)",
)
falling_steps = Assumption("falling-steps", "the step of iteration k is 8/(mu (k + k_0))", r"\gamma_k=\frac8{\mu(k+k_0)}")
stochastic_levels = Assumption(
    "stochastic-levels",
    "coordinates over the norm are rounded to one of their two neighbours among 0, 1/s, ..., 1, at random and without bias",
    r"Q_s(v)_i=\|v\|\,\mathrm{sgn}(v_i)\,\xi_i,\ \mathbb{E}\xi_i=\frac{|v_i|}{\|v\|}",
)
