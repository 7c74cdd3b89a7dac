def waits(order):
    return order.assign(waited=order["written_at"].dt.hour / 1.0)[["waited"]]
