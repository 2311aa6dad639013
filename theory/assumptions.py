"""The assumptions theorems share, as named objects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assumption:
    """One assumption: short name, words, LaTeX."""

    name: str
    text: str
    latex: str


bounded_below = Assumption("bounded-below", "f is bounded below by f*", r"f^*=\inf f>-\infty")
smooth = Assumption(
    "smooth",
    "every local objective has an L-Lipschitz gradient",
    r"\|\nabla f_i(x)-\nabla f_i(y)\|\le L\|x-y\|",
)
unbiased = Assumption(
    "unbiased",
    "stochastic gradients are unbiased, and independent over workers and iterations",
    r"\mathbb{E}_\xi\nabla F_i(x;\xi)=\nabla f_i(x)",
)
variance = Assumption(
    "variance",
    "the variance of a worker's stochastic gradient is at most sigma^2",
    r"\mathbb{E}\|\nabla F_i(x;\xi)-\nabla f_i(x)\|^2\le\sigma^2",
)
heterogeneity = Assumption(
    "heterogeneity",
    "local gradients are within zeta of the global one in mean square",
    r"\frac1n\sum_i\|\nabla f_i(x)-\nabla f(x)\|^2\le\zeta^2",
)
same_data = Assumption("same-data", "all workers share one objective (iid data)", r"f_i=f")
same_start = Assumption("same-start", "all workers start at the same point", r"x_i^{(0)}=x_0")
symmetric = Assumption(
    "symmetric-doubly-stochastic",
    "one symmetric doubly stochastic W, with rho the square of its second largest eigenvalue modulus",
    r"W=W^\top,\ W\mathbf 1=\mathbf 1,\ \rho=\max\{|\lambda_2(W)|,|\lambda_n(W)|\}^2<1",
)
contracting = Assumption(
    "contracting",
    "doubly stochastic mixing matrices, independent over time, that contract the distance to the mean by rho in mean square",
    r"\mathbb{E}\|XW_k(I-J)\|_F^2\le\rho\|X(I-J)\|_F^2",
)
column_stochastic = Assumption(
    "column-stochastic",
    "a deterministic sequence of column-stochastic matrices (the sender chooses its weights)",
    r"\mathbf 1^\top P^{(k)}=\mathbf 1^\top",
)
doubly_stochastic = Assumption(
    "doubly-stochastic",
    "a deterministic sequence of doubly stochastic matrices",
    r"\mathbf 1^\top P^{(k)}=\mathbf 1^\top,\ P^{(k)}\mathbf 1=\mathbf 1",
)
connected = Assumption(
    "jointly-connected",
    "over every window of B iterations the union of the graphs is strongly connected",
    r"\textstyle\bigcup_{k=lB}^{(l+1)B-1}E^{(k)}\text{ strongly connected}",
)
envelope = Assumption(
    "envelope",
    "C and q bound the error operators of push-sum in operator norm",
    r"\|\mathrm{diag}(w_k)^{-1}P^{(k-1)}\cdots P^{(s)}-J\|_2\le Cq^{k-s}",
)
augmented = Assumption(
    "augmented",
    "gradients at the de-biased models, and every round's messages tau rounds late: until then they are virtual nodes of an "
    "augmented column-stochastic matrix, over whose real rows and columns B_E is taken",
    r"\bar x=\tfrac1n\sum(\text{all mass, also in flight})",
)
periodic_average = Assumption(
    "periodic-average",
    "local steps, and the exact average of all workers every tau steps",
    r"W_k=J\text{ if }\tau\mid k+1,\ \text{else }I",
)
periodic_mixing = Assumption(
    "periodic-mixing",
    "local steps, and one step of a symmetric doubly stochastic W every tau steps",
    r"W_k=W\text{ if }\tau\mid k+1,\ \text{else }I",
)
one_worker = Assumption(
    "one-worker",
    "at every update one worker, drawn uniformly and independently of the past, adds its gradient; the mixing matrix may depend "
    "on which",
    r"X_{k+1}=X_kW_k-\gamma g_ke_{i_k}^\top,\ i_k\sim U[n]",
)
stale = Assumption(
    "bounded-staleness",
    "gradients are taken at models at most T updates old, with delays that depend neither on the samples nor on the worker",
    r"\hat X_k=X_{k-\tau_k},\ 0\le\tau_k\le T",
)
server = Assumption(
    "parameter-server",
    "one model, stepped by the sum of a batch of gradients, each taken at a model at most T updates old, with delays that do not "
    "depend on the samples",
    r"x_{k+1}=x_k-\gamma\sum_{m\le M_b}\nabla F(x_{k-\tau_{k,m}};\xi_{k,m}),\ 0\le\tau_{k,m}\le T",
)
second_moment = Assumption(
    "second-moment",
    "the second moment of a worker's stochastic gradient is at most G^2 = M^2 + sigma^2",
    r"\mathbb{E}\|\nabla F_i(x;\xi)\|^2\le G^2",
)
group_sequence = Assumption(
    "sequence-of-groups",
    "one group of workers acts per iteration, drawn uniformly and independently of the past; its members average their models, "
    "each seeing the others without the last gradient they took, and step; before every tau-th iteration all models are replaced "
    "by their mean, from which nobody's last gradient is then withheld",
    r"x_i^+=\tfrac1S(x_i+\textstyle\sum_{j\in B,j\ne i}(x_j+\gamma g_j))-\gamma\nabla F(x_i;\xi),\ i\in B,\ "
    r"|B|=S",
)
late_gradients = Assumption(
    "late-gradients",
    "of each round's gradients all but at most n - Q are in every model that the next round starts from, and those of round k "
    "are in every model by the end of round k + tau; which are late depends on no sample; the center is the model with all of "
    "them",
    r"\bar x^{(k+1)}=\bar x^{(k)}-\tfrac\gamma n\textstyle\sum_i\nabla F_i(y_i^{(k)};\xi_i^{(k)})",
)
strongly_convex = Assumption(
    "strongly-convex",
    "f is mu-strongly convex",
    r"f(y)\ge f(x)+\langle\nabla f(x),y-x\rangle+\tfrac\mu2\|y-x\|^2",
)
growing_variance = Assumption(
    "growing-variance",
    "the variance of a worker's stochastic gradient is at most sigma^2 + nu ||grad f||^2",
    r"\mathbb{E}\|\nabla F(x;\xi)-\nabla f(x)\|^2\le\sigma^2+\nu\|\nabla f(x)\|^2",
)
pulled = Assumption(
    "pulled-step",
    "every worker steps by its gradient and a pull of strength lambda to a point z, both at the current model",
    r"x_+=x-\gamma(\nabla F(x;\xi)+\lambda(x-z))",
)
pulled_twice = Assumption(
    "pulled-step-groups",
    "every worker steps by its gradient, a pull of strength lambda to a point z and one of strength lambda_G to a point z_G",
    r"x_+=x-\gamma(\nabla F(x;\xi)+\lambda(x-z)+\lambda_G(x-z_G))",
)
elected = Assumption(
    "exact-leader",
    "before every step z is chosen no worse than the worker's own model, such as the best of all workers' models",
    r"f(z^{(k)})\le f(x_i^{(k)})",
)
elected_rarely = Assumption(
    "exact-leader-periodic",
    "before every tau-th step, from the first on, the best of all workers' models becomes z, and z stays there until the next",
    r"f(z)\le f(x_i^{(k)})\text{ if }\tau\mid k",
)
elected_on_noise = Assumption(
    "noisy-leader",
    "before every step z becomes the model whose estimated value is the least; the estimates are unbiased, of variance at most "
    "sigma_f^2, of any law, which may depend on the models, and independent of the gradients that follow",
    r"\tilde f(z^{(k)})\le\tilde f(x_i^{(k)}),\ \mathbb{E}|\tilde f(x)-f(x)|^2\le\sigma_f^2",
)
communicated = Assumption(
    "leader-at-communications",
    "workers take plain gradient steps; whenever they communicate the best of them is elected and the others move towards it, by "
    "any share",
    r"x_j\leftarrow x_j-\alpha(x_j-z),\ z\in\{x_1,\dots,x_n\},\ f(z)=\min_jf(x_j)",
)
unique_leader = Assumption("unique-leader", "one worker is better than all others", r"f(w^i)<f(w^j),\ j\ne i")
quadratic = Assumption(
    "convex-quadratic",
    "f is a quadratic whose Hessian has its eigenvalues between mu and L",
    r"f(x)=\tfrac12x^\top Ax,\ \mu I\preceq A\preceq LI",
)
isotropic = Assumption(
    "isotropic-quadratic",
    "f is a quadratic with the same curvature L in every direction, and all noises have variance sigma^2 exactly",
    r"f(x)=\tfrac L2\|x-x^*\|^2",
)
elastic = Assumption(
    "elastic-step",
    "in every round each worker steps by its gradient and a pull to the center, and the center moves by the sum of all pulls, "
    "all at the models before the round",
    r"x_i^+=x_i-\gamma\nabla F(x_i;\xi_i)-\alpha(x_i-\tilde x),\ \tilde x^+=\tilde x+\alpha\textstyle\sum_i(x_i-\tilde x)",
)
every_step_average = Assumption("average", "all workers step by the mean of their gradients", r"W_k=J")

GRADIENTS = (bounded_below, smooth, unbiased, variance)
