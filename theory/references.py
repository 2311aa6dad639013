"""The papers, as facts and as BibTeX.

Light on purpose: listing theorems must not wait for sympy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from straggler import UnknownName


@dataclass(frozen=True)
class Paper:
    """One paper: key, title, authors ("Family, Given"), venue, year, and arXiv identifier where there is one."""

    key: str
    title: str
    authors: tuple[str, ...]
    venue: str
    year: int
    arxiv: str = ""
    kind: str = "inproceedings"

    @property
    def short(self) -> str:
        """Family names and year, for tables."""
        families = [author.split(",")[0] for author in self.authors]
        names = " & ".join(families) if len(families) <= 2 else f"{families[0]} et al."
        return f"{names}, {self.year}" if self.year else "Straggler"

    @property
    def bibtex(self) -> str:
        """The entry of a bibliography file."""
        where = "journal" if self.kind == "article" else "booktitle"
        rows = {
            "title": f"{{{self.title}}}",
            "author": " and ".join(self.authors),
            where: self.venue,
            "year": str(self.year or ""),
            "eprint": self.arxiv,
            "archiveprefix": "arXiv" if self.arxiv else "",
        }
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in rows.items() if value)
        return f"@{self.kind}{{{self.key},\n{body}\n}}"


_ALL = (
    Paper(
        "ghadimi-lan-2013",
        "Stochastic First- and Zeroth-Order Methods for Nonconvex Stochastic Programming",
        ("Ghadimi, Saeed", "Lan, Guanghui"),
        "SIAM Journal on Optimization",
        2013,
        "1309.5549",
        "article",
    ),
    Paper(
        "lian-2017",
        "Can Decentralized Algorithms Outperform Centralized Algorithms? "
        "A Case Study for Decentralized Parallel Stochastic Gradient Descent",
        ("Lian, Xiangru", "Zhang, Ce", "Zhang, Huan", "Hsieh, Cho-Jui", "Zhang, Wei", "Liu, Ji"),
        "Advances in Neural Information Processing Systems",
        2017,
        "1705.09056",
    ),
    Paper(
        "lian-2018",
        "Asynchronous Decentralized Parallel Stochastic Gradient Descent",
        ("Lian, Xiangru", "Zhang, Wei", "Zhang, Ce", "Liu, Ji"),
        "International Conference on Machine Learning",
        2018,
        "1710.06952",
    ),
    Paper(
        "lian-2015",
        "Asynchronous Parallel Stochastic Gradient for Nonconvex Optimization",
        ("Lian, Xiangru", "Huang, Yijun", "Li, Yuncheng", "Liu, Ji"),
        "Advances in Neural Information Processing Systems",
        2015,
        "1506.08272",
    ),
    Paper(
        "assran-2019",
        "Stochastic Gradient Push for Distributed Deep Learning",
        ("Assran, Mahmoud", "Loizou, Nicolas", "Ballas, Nicolas", "Rabbat, Michael"),
        "International Conference on Machine Learning",
        2019,
        "1811.10792",
    ),
    Paper(
        "wang-joshi-2021",
        "Cooperative SGD: A Unified Framework for the Design and Analysis of Local-Update SGD Algorithms",
        ("Wang, Jianyu", "Joshi, Gauri"),
        "Journal of Machine Learning Research",
        2021,
        "1808.07576",
        "article",
    ),
    Paper(
        "stich-2019",
        "Local SGD Converges Fast and Communicates Little",
        ("Stich, Sebastian U.",),
        "International Conference on Learning Representations",
        2019,
        "1805.09767",
    ),
    Paper(
        "lin-2020",
        "Don't Use Large Mini-Batches, Use Local SGD",
        ("Lin, Tao", "Stich, Sebastian U.", "Patel, Kumar Kshitij", "Jaggi, Martin"),
        "International Conference on Learning Representations",
        2020,
        "1808.07217",
    ),
    Paper(
        "koloskova-2020",
        "A Unified Theory of Decentralized SGD with Changing Topology and Local Updates",
        ("Koloskova, Anastasia", "Loizou, Nicolas", "Boreiri, Sadra", "Jaggi, Martin", "Stich, Sebastian U."),
        "International Conference on Machine Learning",
        2020,
        "2003.10422",
    ),
    Paper(
        "li-2020",
        "Taming Unbalanced Training Workloads in Deep Learning with Partial Collective Operations",
        ("Li, Shigang", "Ben-Nun, Tal", "Di Girolamo, Salvatore", "Alistarh, Dan", "Hoefler, Torsten"),
        "ACM SIGPLAN Symposium on Principles and Practice of Parallel Programming",
        2020,
        "1908.04207",
    ),
    Paper(
        "li-2021",
        "Breaking (Global) Barriers in Parallel Stochastic Optimization with Wait-Avoiding Group Averaging",
        (
            "Li, Shigang",
            "Ben-Nun, Tal",
            "Nadiradze, Giorgi",
            "Di Girolamo, Salvatore",
            "Dryden, Nikoli",
            "Alistarh, Dan",
            "Hoefler, Torsten",
        ),
        "IEEE Transactions on Parallel and Distributed Systems",
        2021,
        "2005.00124",
        "article",
    ),
    Paper(
        "dean-2012",
        "Large Scale Distributed Deep Networks",
        (
            "Dean, Jeffrey",
            "Corrado, Greg S.",
            "Monga, Rajat",
            "Chen, Kai",
            "Devin, Matthieu",
            "Le, Quoc V.",
            "Mao, Mark Z.",
            "Ranzato, Marc'Aurelio",
            "Senior, Andrew",
            "Tucker, Paul",
            "Yang, Ke",
            "Ng, Andrew Y.",
        ),
        "Advances in Neural Information Processing Systems",
        2012,
    ),
    Paper(
        "recht-2011",
        "Hogwild!: A Lock-Free Approach to Parallelizing Stochastic Gradient Descent",
        ("Recht, Benjamin", "Re, Christopher", "Wright, Stephen", "Niu, Feng"),
        "Advances in Neural Information Processing Systems",
        2011,
        "1106.5730",
    ),
    Paper(
        "zhang-2015",
        "Deep Learning with Elastic Averaging SGD",
        ("Zhang, Sixin", "Choromanska, Anna", "LeCun, Yann"),
        "Advances in Neural Information Processing Systems",
        2015,
        "1412.6651",
    ),
    Paper(
        "teng-2019",
        "Leader Stochastic Gradient Descent for Distributed Training of Deep Learning Models",
        (
            "Teng, Yunfei",
            "Gao, Wenbo",
            "Chalus, Francois",
            "Choromanska, Anna",
            "Goldfarb, Donald",
            "Weller, Adrian",
        ),
        "Advances in Neural Information Processing Systems",
        2019,
        "1905.10395",
    ),
    Paper(
        "nadiradze-2021",
        "Elastic Consistency: A Practical Consistency Model for Distributed Stochastic Gradient Descent",
        ("Nadiradze, Giorgi", "Markov, Ilia", "Chatterjee, Bapi", "Kungurtsev, Vyacheslav", "Alistarh, Dan"),
        "AAAI Conference on Artificial Intelligence",
        2021,
        "2001.05918",
    ),
    Paper(
        "lu-de-sa-2021",
        "Optimal Complexity in Decentralized Training",
        ("Lu, Yucheng", "De Sa, Christopher"),
        "International Conference on Machine Learning",
        2021,
    ),
    Paper(
        "alistarh-2017",
        "QSGD: Communication-Efficient SGD via Gradient Quantization and Encoding",
        ("Alistarh, Dan", "Grubic, Demjan", "Li, Jerry", "Tomioka, Ryota", "Vojnovic, Milan"),
        "Advances in Neural Information Processing Systems",
        2017,
        "1610.02132",
    ),
    Paper(
        "stich-2018",
        "Sparsified SGD with Memory",
        ("Stich, Sebastian U.", "Cordonnier, Jean-Baptiste", "Jaggi, Martin"),
        "Advances in Neural Information Processing Systems",
        2018,
        "1809.07599",
    ),
    Paper(
        "karimireddy-2019",
        "Error Feedback Fixes SignSGD and other Gradient Compression Schemes",
        ("Karimireddy, Sai Praneeth", "Rebjock, Quentin", "Stich, Sebastian U.", "Jaggi, Martin"),
        "International Conference on Machine Learning",
        2019,
        "1901.09847",
    ),
    Paper(
        "xu-2022",
        "Detached Error Feedback for Distributed SGD with Random Sparsification",
        ("Xu, An", "Huang, Heng"),
        "International Conference on Machine Learning",
        2022,
        "2004.05298",
    ),
    Paper(
        "straggler",
        "Straggler: the theory of distributed SGD held against what really happens",
        ("{The Straggler authors}",),
        "",
        0,
        kind="misc",
    ),
)

PAPERS: dict[str, Paper] = {paper.key: paper for paper in _ALL}


def paper(key: str) -> Paper:
    """Return the paper with this key; raise `UnknownName` otherwise."""
    try:
        return PAPERS[key]
    except KeyError:
        raise UnknownName("paper", key, PAPERS) from None


def bibtex(keys: Iterable[str]) -> str:
    """Return the BibTeX entries of these papers, each once, in the order of first mention; raise `UnknownName` on others."""
    return "\n\n".join(paper(key).bibtex for key in dict.fromkeys(keys))
