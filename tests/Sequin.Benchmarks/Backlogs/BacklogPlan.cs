namespace Sequin.Benchmarks.Backlogs;

/// <summary>What each transaction of a backlog does: 60% inserts, and 25% updates and 15% deletes of its predecessor's rows.</summary>
internal sealed record BacklogPlan(int Transactions, int Inserts, int Updates, int Deletes)
{
    /// <summary>The smallest transaction that can be divided so.</summary>
    public const int TransactionRowsUnit = 20;

    public long Changes => (long)Transactions * (Inserts + Updates + Deletes);

    /// <summary>Behind all ids that the transactions insert.</summary>
    public long EndId => (Transactions + 1L) * Inserts;

    /// <param name="rows">Row changes in all, rounded up to whole transactions.</param>
    /// <param name="transactionRows">Row changes of a transaction, rounded up to a multiple of 20.</param>
    public static BacklogPlan For(int rows, int transactionRows)
    {
        var units = DivideUp(transactionRows, TransactionRowsUnit);
        return new BacklogPlan(DivideUp(rows, units * TransactionRowsUnit), units * 12, units * 5, units * 3);
    }

    private static int DivideUp(int value, int by) => (value + by - 1) / by;
}
