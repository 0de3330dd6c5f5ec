"""The tests of Passerelle SMS."""
