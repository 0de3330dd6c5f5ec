"""What some gateways can do beyond telling a balance and sending."""
