namespace Sequin.Postgres.Source;

/// <summary>Everything that can be wrong with a source. On the wire in snake_case.</summary>
public enum SourceProblemCode
{
    // The address
    UrlInvalid,

    // The connection
    HostUnknown,
    Unreachable,
    TimedOut,
    NotPostgres,
    TlsFailed,
    WrongPassword,
    UnknownRole,
    UnknownDatabase,
    AccessRefused,
    TooManyConnections,
    StartingUp,
    ConnectionPooler,
    ConnectionFailed,

    // The server and the role
    VersionTooOld,
    WalLevelWrong,
    ServerIsStandby,
    NoReplicationPrivilege,
    NoFreeSlot,
    NoFreeWalSender,
    SlotCreationMustWait,

    // The publication
    PublicationMissing,
    PublicationNotAllowed,
    PublicationLacksTables,
    PublicationEmpty,
    PublicationSkipsOperations,
    PublicationWithoutRoot,
    PublicationHoldsLog,
    PublicationYoungerThanSlot,
    PublicationAgeUnknown,

    // The tables
    TableMissing,
    TableNotPublishable,
    TableUnlogged,
    TableNotOwned,
    ReplicaIdentityMissing,
    TableLeftOut,

    // The columns that order messages
    ColumnMissing,
    ColumnNotStreamed,
    OldRowsLackColumn,

    // The slot
    SlotNameInvalid,
    SlotMissing,
    SlotNotLogical,
    SlotWrongPlugin,
    SlotOtherDatabase,
    SlotTemporary,
    SlotTwoPhase,
    SlotInUse,
    SlotLost,
    SlotNearlyLost,

    // The stream
    RowTooLarge,
}
