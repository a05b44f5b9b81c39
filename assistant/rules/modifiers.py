"""The modifiers in use, in families and in the order coders write them, as known for 2026.

Says what a modifier is, not whether it fits a line. Sources: CPT Appendix A and CMS's HCPCS Level II file, by number.
"""

from __future__ import annotations

from datetime import date

from assistant.rules.rule import ANATOMICAL, DISTINCT
from ingest.claims.model import ClaimLine

# The last date of service for which these lists are taken to be whole.
KNOWN_THROUGH = date(2026, 12, 31)

VISIT_MODIFIERS = frozenset({"24", "25", "57"})
ASSISTANT = frozenset({"80", "81", "82", "AS"})
SURGEONS = frozenset({"62", "66"})
COMPONENTS = frozenset({"26", "TC"})
SPLIT_CARE = frozenset({"54", "55", "56"})
GLOBAL_PERIOD = frozenset({"58", "78", "79"})
REPEATS = frozenset({"76", "77", "91"})
ANESTHESIA = frozenset({"AA", "AD", "QK", "QX", "QY", "QZ", "QS", "G8", "G9", "P1", "P2", "P3", "P4", "P5", "P6"})
# Fingers, toes and eyelids by side of the body.
LEFT_SITES = frozenset({"FA", "F1", "F2", "F3", "F4", "TA", "T1", "T2", "T3", "T4", "E1", "E2"})
RIGHT_SITES = frozenset({"F5", "F6", "F7", "F8", "F9", "T5", "T6", "T7", "T8", "T9", "E3", "E4"})
FINGERS = frozenset({"FA", *(f"F{n}" for n in range(1, 10))})
TOES = frozenset({"TA", *(f"T{n}" for n in range(1, 10))})
EYELIDS = frozenset({"E1", "E2", "E3", "E4"})
CORONARY = frozenset({"LC", "LD", "LM", "RC", "RI"})

# CPT modifiers for professional and outpatient claims, and the performance ones (1P ...).
CPT = frozenset(
    "22 23 24 25 26 27 32 33 47 50 51 52 53 54 55 56 57 58 59 62 63 66 73 74 76 77 78 79 80 81 82 90 91 92 93 95 96 97 "
    "99 1P 2P 3P 8P".split()
)
# HCPCS Level II, ended ones included: a claim may be old. Whether one is in force only the dated file can say.
LEVEL_II = frozenset(
    "A1 A2 A3 A4 A5 A6 A7 A8 A9 AA AB AD AE AF AG AH AI AJ AK AM AO AP AQ AR AS AT AU AV AW AX AY AZ "
    "BA BL BO BP BR BU CA CB CC CD CE CF CG CH CI CJ CK CL CM CN CO CP CQ CR CS CT DA "
    "E1 E2 E3 E4 EA EB EC ED EE EJ EM EP ER ET EX EY "
    "F1 F2 F3 F4 F5 F6 F7 F8 F9 FA FB FC FP FQ FR FS FT FX FY "
    "G0 G1 G2 G3 G4 G5 G6 G7 G8 G9 GA GB GC GD GE GF GG GH GJ GK GL GM GN GO GP GQ GR GS GT GU GV GW GX GY GZ "
    "H9 HA HB HC HD HE HF HG HH HI HJ HK HL HM HN HO HP HQ HR HS HT HU HV HW HX HY HZ "
    "J1 J2 J3 J4 J5 JA JB JC JD JE JF JG JK JL JW JZ "
    "K0 K1 K2 K3 K4 KA KB KC KD KE KF KG KH KI KJ KK KL KM KN KO KP KQ KR KS KT KU KV KW KX KY KZ "
    "L1 LC LD LL LM LR LS LT LU M2 MA MB MC MD ME MF MG MH MS N1 N2 N3 NB NR NU "
    "P1 P2 P3 P4 P5 P6 PA PB PC PD PI PL PM PN PO PS PT "
    "Q0 Q1 Q2 Q3 Q4 Q5 Q6 Q7 Q8 Q9 QA QB QC QD QE QF QG QH QJ QK QL QM QN QP QQ QR QS QT QW QX QY QZ "
    "RA RB RC RD RE RI RR RT SA SB SC SD SE SF SG SH SJ SK SL SM SN SQ SS ST SU SV SW SY SZ "
    "T1 T2 T3 T4 T5 T6 T7 T8 T9 TA TB TC TD TE TF TG TH TJ TK TL TM TN TP TQ TR TS TT TU TV TW "
    "U1 U2 U3 U4 U5 U6 U7 U8 U9 UA UB UC UD UE UF UG UH UJ UK UN UP UQ UR US "
    "V1 V2 V3 V4 V5 V6 V7 V8 V9 VM VP X1 X2 X3 X4 X5 XE XP XS XU ZA ZB ZC".split()
)

# MOD-ORD-01: pricing, then payment and global period, then location, then information. Convention, not law.
_PRICING = COMPONENTS | ASSISTANT | SURGEONS | SPLIT_CARE | {"22", "50", "52", "53", "73", "74"}
_PAYMENT = VISIT_MODIFIERS | GLOBAL_PERIOD | DISTINCT | REPEATS | {"51"}
_INFORMATION = frozenset("32 33 90 92 93 95 96 97 AI CR CS FQ GA GC GE GT GX GY GZ KX PT Q5 Q6 Q7 Q8 Q9 QW SA".split())


def rank(modifier: str) -> int | None:
    """Its place in the usual order, 0 first; None where no convention is known."""
    for place, family in enumerate((_PRICING, _PAYMENT, ANATOMICAL, _INFORMATION)):
        if modifier in family:
            return place
    return None


def who(line: ClaimLine) -> frozenset[str]:
    """The modifiers that make the line another person's service or another part of it: assistant, co-surgeon, reading
    or technical part, share of the global period, other practitioner. Empty: the whole service by the biller."""
    return _WHO.intersection(line.modifiers)


_WHO = ASSISTANT | SURGEONS | COMPONENTS | SPLIT_CARE | {"77", "XP"}
