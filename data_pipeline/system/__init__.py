"""What every command needs: errors, output, interrupts, workers, seeds."""
