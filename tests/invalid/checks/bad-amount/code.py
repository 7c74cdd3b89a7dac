def work() -> int:
    return 1


def text() -> str:
    return "1Gi"
