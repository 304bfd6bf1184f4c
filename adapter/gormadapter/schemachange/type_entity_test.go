package schemachange_test

import "time"

// Entities whose columns have the types of one kind of database, in all their spellings.

type postgresTypes struct {
	ID          int64
	Role        string     `gorm:"type:user_role;not null;default:member"`
	RoleOrNone  *string    `gorm:"type:user_role"`
	Public      string     `gorm:"type:public.user_role;not null;default:member"`
	Upper       string     `gorm:"type:USER_ROLE;not null;default:member"`
	Quoted      string     `gorm:"type:\"user_role\";not null;default:member"`
	Mood        string     `gorm:"type:\"Mood\";not null;default:Calm"`
	PublicMood  string     `gorm:"type:public.\"Mood\";not null;default:Calm"`
	Elsewhere   string     `gorm:"type:other.user_role;not null;default:guest"`
	Moods       string     `gorm:"type:\"Mood\"[]"`
	Roles       string     `gorm:"type:user_role[];not null;default:'{}'"`
	PublicRoles string     `gorm:"type:public.user_role[]"`
	OtherRoles  string     `gorm:"type:other.user_role[]"`
	Domain      string     `gorm:"type:handle"`
	DomainOther string     `gorm:"type:other.handle"`
	Domains     string     `gorm:"type:handle[]"`
	Composite   string     `gorm:"type:pair"`
	Citext      string     `gorm:"type:citext;not null;default:a"`
	Cis         string     `gorm:"type:citext[]"`
	Hstore      string     `gorm:"type:hstore"`
	Int2        int        `gorm:"type:int2"`
	Int4        int        `gorm:"type:int4;default:1"`
	Int8        int        `gorm:"type:int8"`
	Int         int        `gorm:"type:int"`
	Integer     int        `gorm:"type:INTEGER"`
	Small       int        `gorm:"type:smallint"`
	Float4      float64    `gorm:"type:float4"`
	Float8      float64    `gorm:"type:float8"`
	Float       float64    `gorm:"type:float"`
	Float10     float64    `gorm:"type:float(10)"`
	Real        float64    `gorm:"type:real"`
	Double      float64    `gorm:"type:double precision"`
	Numeric     float64    `gorm:"type:numeric"`
	Numeric5    float64    `gorm:"type:numeric(5)"`
	Numeric5_2  float64    `gorm:"type:numeric(5,2)"`
	Numeric5S2  float64    `gorm:"type:numeric(5, 2)"`
	Decimal     float64    `gorm:"type:decimal(5,2);default:1"`
	DecimalBare float64    `gorm:"type:decimal"`
	Dec         float64    `gorm:"type:dec(5,2)"`
	Bool        bool       `gorm:"type:bool;default:true"`
	Boolean     bool       `gorm:"type:boolean;default:false"`
	Varchar     string     `gorm:"type:varchar"`
	Varchar20   string     `gorm:"type:varchar(20);default:x"`
	CharVarying string     `gorm:"type:character varying(20);default:x"`
	CharVar     string     `gorm:"type:char varying(20)"`
	Char        string     `gorm:"type:char(3)"`
	Char1       string     `gorm:"type:char"`
	Character   string     `gorm:"type:character(3)"`
	Bpchar      string     `gorm:"type:bpchar"`
	Bpchar3     string     `gorm:"type:bpchar(3)"`
	TextUpper   string     `gorm:"type:TEXT"`
	Name        string     `gorm:"type:name"`
	Timestamptz *time.Time `gorm:"type:timestamptz"`
	Tstz3       *time.Time `gorm:"type:timestamptz(3)"`
	TstzWords   *time.Time `gorm:"type:timestamp with time zone"`
	TstzWords3  *time.Time `gorm:"type:timestamp(3) with time zone"`
	Ts          *time.Time `gorm:"type:timestamp"`
	Ts3         *time.Time `gorm:"type:timestamp(3) without time zone"`
	TsWords     *time.Time `gorm:"type:timestamp without time zone"`
	Date        *time.Time `gorm:"type:date"`
	Time        string     `gorm:"type:time"`
	Time3       string     `gorm:"type:time(3)"`
	Timetz      string     `gorm:"type:timetz"`
	TimetzWords string     `gorm:"type:time with time zone"`
	Interval    string     `gorm:"type:interval"`
	IntervalY   string     `gorm:"type:interval year to month"`
	Bit         string     `gorm:"type:bit(3)"`
	Bit1        string     `gorm:"type:bit"`
	Varbit      string     `gorm:"type:varbit(3)"`
	BitVarying  string     `gorm:"type:bit varying(3)"`
	Bytea       []byte     `gorm:"type:bytea"`
	Inet        string     `gorm:"type:inet"`
	Cidr        string     `gorm:"type:cidr"`
	Mac         string     `gorm:"type:macaddr"`
	JSON        string     `gorm:"type:json"`
	JSONB       string     `gorm:"type:jsonb;not null;default:'{}'"`
	UUID        string     `gorm:"type:uuid;default:gen_random_uuid()"`
	XML         string     `gorm:"type:xml"`
	TSVector    string     `gorm:"type:tsvector"`
	TSQuery     string     `gorm:"type:tsquery"`
	Range       string     `gorm:"type:int4range"`
	RangeTz     string     `gorm:"type:tstzrange"`
	Money       string     `gorm:"type:money"`
	Point       string     `gorm:"type:point"`
	OID         int64      `gorm:"type:oid"`
	Regclass    string     `gorm:"type:regclass"`
	Ints        string     `gorm:"type:int4[]"`
	IntsWord    string     `gorm:"type:integer ARRAY"`
	IntsMany    string     `gorm:"type:integer[][]"`
	IntsSize    string     `gorm:"type:integer[3]"`
	Varchars    string     `gorm:"type:varchar(20)[]"`
	Texts       string     `gorm:"type:text[];default:'{}'"`
	Numerics    string     `gorm:"type:numeric(5,2)[]"`
	Tstzs       string     `gorm:"type:timestamptz[]"`
	PgInt       int        `gorm:"type:pg_catalog.int4"`
	Serial      int        `gorm:"type:serial"`
	BigSerial   int        `gorm:"type:bigserial"`
	NotNull     string     `gorm:"type:varchar(20) NOT NULL"`
	Null        string     `gorm:"type:text NULL"`
	Collated    string     `gorm:"type:text COLLATE \"C\""`
}

type mysqlTypes struct {
	ID          int64
	Tinyint1    bool       `gorm:"type:tinyint(1);not null;default:1"`
	Bool        bool       `gorm:"type:bool;not null;default:false"`
	Boolean     bool       `gorm:"type:BOOLEAN;not null;default:true"`
	GoBool      bool       `gorm:"not null;default:true"`
	Tinyint     int        `gorm:"type:tinyint"`
	Int11       int        `gorm:"type:int(11);not null;default:1"`
	Int         int        `gorm:"type:int"`
	Integer     int        `gorm:"type:INTEGER"`
	Int5        int        `gorm:"type:int(5)"`
	Unsigned    uint       `gorm:"type:int unsigned"`
	Unsigned10  uint       `gorm:"type:int(10) UNSIGNED"`
	Zerofill    uint       `gorm:"type:int(5) unsigned zerofill"`
	Int4        int        `gorm:"type:int4"`
	Int8        int        `gorm:"type:int8"`
	Bigint20    int        `gorm:"type:bigint(20)"`
	BigUnsigned uint64     `gorm:"type:bigint unsigned"`
	Medium      int        `gorm:"type:mediumint(9)"`
	Middle      int        `gorm:"type:middleint"`
	Small       int        `gorm:"type:smallint(6)"`
	Year        int        `gorm:"type:year"`
	Year4       int        `gorm:"type:year(4)"`
	Bit         []byte     `gorm:"type:bit"`
	Bit1        []byte     `gorm:"type:bit(1)"`
	Float       float64    `gorm:"type:float"`
	Float7      float64    `gorm:"type:float(7,3)"`
	Float30     float64    `gorm:"type:float(30)"`
	Double      float64    `gorm:"type:double"`
	DoubleP     float64    `gorm:"type:double precision"`
	Real        float64    `gorm:"type:real"`
	Decimal     float64    `gorm:"type:decimal"`
	Decimal5    float64    `gorm:"type:decimal(5)"`
	Decimal5S2  float64    `gorm:"type:decimal(5, 2);default:1.5"`
	DecimalU    float64    `gorm:"type:decimal(5,2) unsigned"`
	Numeric     float64    `gorm:"type:numeric(5,2)"`
	Dec         float64    `gorm:"type:dec(5,2)"`
	Fixed       float64    `gorm:"type:fixed(5,2)"`
	Varchar     string     `gorm:"type:varchar(20);not null;default:x"`
	VarcharUp   string     `gorm:"type:VARCHAR(20)"`
	CharVarying string     `gorm:"type:character varying(20)"`
	Nvarchar    string     `gorm:"type:nvarchar(20)"`
	Char        string     `gorm:"type:char"`
	Char3       string     `gorm:"type:char(3)"`
	Character   string     `gorm:"type:character(3)"`
	TextUpper   string     `gorm:"type:TEXT"`
	Tinytext    string     `gorm:"type:tinytext"`
	Text300     string     `gorm:"type:text(300)"`
	Longtext    string     `gorm:"type:longtext"`
	Long        string     `gorm:"type:long"`
	Latin1      string     `gorm:"type:varchar(20) CHARACTER SET latin1"`
	Latin1Coll  string     `gorm:"type:varchar(20) CHARACTER SET latin1 COLLATE latin1_bin"`
	General     string     `gorm:"type:varchar(20) COLLATE utf8mb4_general_ci"`
	Utf8        string     `gorm:"type:varchar(20) CHARSET utf8"`
	Utf8mb3     string     `gorm:"type:varchar(20) CHARACTER SET utf8mb3"`
	NotNull     string     `gorm:"type:varchar(20) NOT NULL"`
	NotNullColl string     `gorm:"type:varchar(20) NOT NULL COLLATE utf8mb4_bin"`
	Binary      []byte     `gorm:"type:binary(16)"`
	Varbinary   []byte     `gorm:"type:varbinary(16)"`
	Blob        []byte     `gorm:"type:blob"`
	JSON        string     `gorm:"type:json"`
	JSONUp      string     `gorm:"type:JSON;not null"`
	Enum        string     `gorm:"type:enum('a','b');not null;default:a"`
	EnumSpaces  string     `gorm:"type:enum('a', 'b c')"`
	EnumUp      string     `gorm:"type:ENUM('A','b')"`
	EnumQuote   string     `gorm:"type:enum('it''s','x')"`
	EnumDouble  string     `gorm:"type:enum(\"a\",\"b\")"`
	EnumComma   string     `gorm:"type:enum('a,b','c)')"`
	EnumNull    string     `gorm:"type:enum('not null','x') not null"`
	Set         string     `gorm:"type:set('a','b')"`
	SetSpaces   string     `gorm:"type:set('a', 'b')"`
	Datetime    *time.Time `gorm:"type:datetime"`
	Datetime3   *time.Time `gorm:"type:datetime(3);default:CURRENT_TIMESTAMP(3)"`
	DatetimeUp  *time.Time `gorm:"type:DATETIME(6)"`
	Datetime0   *time.Time `gorm:"type:datetime(0)"`
	Timestamp   *time.Time `gorm:"type:timestamp NULL"`
	Timestamp3  *time.Time `gorm:"type:timestamp(3) NULL"`
	OnUpdate    *time.Time `gorm:"type:datetime(3);default:CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)"`
	Date        *time.Time `gorm:"type:date"`
	Time        string     `gorm:"type:time"`
	Time3       string     `gorm:"type:time(3)"`
	Point       []byte     `gorm:"type:point"`
	GoTime      *time.Time
	GoTime6     *time.Time `gorm:"precision:6"`
	GoBytes     []byte     `gorm:"size:64"`
	GoUint8     uint8
	GoFloat     float32
}

type liteTypes struct {
	ID          int64
	Int         int        `gorm:"type:INT;not null;default:1"`
	Int11       int        `gorm:"type:int(11)"`
	Bigint      int        `gorm:"type:unsigned big int"`
	Int8        int        `gorm:"type:INT8"`
	Varchar     string     `gorm:"type:VARCHAR(20);not null;default:x"`
	CharVarying string     `gorm:"type:character varying(20)"`
	Nchar       string     `gorm:"type:native character(70)"`
	Nvarchar    string     `gorm:"type:nvarchar(100)"`
	Clob        string     `gorm:"type:CLOB"`
	Text        string     `gorm:"type:TEXT"`
	Blob        []byte     `gorm:"type:blob"`
	Real        float64    `gorm:"type:real"`
	Double      float64    `gorm:"type:double precision"`
	Float       float64    `gorm:"type:float"`
	Numeric     float64    `gorm:"type:numeric"`
	Decimal     float64    `gorm:"type:decimal(10,5)"`
	DecimalS    float64    `gorm:"type:decimal(10, 5)"`
	Bool        bool       `gorm:"type:boolean;not null;default:true"`
	Bool0       bool       `gorm:"type:bool;not null;default:0"`
	Date        *time.Time `gorm:"type:date"`
	Datetime    *time.Time `gorm:"type:DATETIME"`
	Datetime3   *time.Time `gorm:"type:datetime(3)"`
	Timestamp   *time.Time `gorm:"type:timestamp"`
	Timestamptz *time.Time `gorm:"type:timestamptz"`
	TimestampWT *time.Time `gorm:"type:timestamp with time zone"`
	JSON        string     `gorm:"type:json"`
	JSONB       string     `gorm:"type:JSONB;not null;default:'{}'"`
	UUID        string     `gorm:"type:uuid"`
	Own         string     `gorm:"type:citext"`
	OwnEnum     string     `gorm:"type:user_role"`
	Money       string     `gorm:"type:money"`
	Quoted      string     `gorm:"type:\"text\""`
	NotNull     string     `gorm:"type:text not null"`
	NoCase      string     `gorm:"type:text COLLATE NOCASE"`
}

// postgresOtherTypes has types that differ from those of the table only where PostgreSQL looks.
type postgresOtherTypes struct {
	ID       int64
	Enum     string     `gorm:"type:user_role"`
	EnumElse string     `gorm:"type:other.user_role"`
	Enums    string     `gorm:"type:user_role[]"`
	Mood     string     `gorm:"type:\"Mood\""`
	Domain   string     `gorm:"type:handle"`
	Citext   string     `gorm:"type:citext"`
	Citexts  string     `gorm:"type:citext[]"`
	Pair     string     `gorm:"type:pair"`
	Hstore   string     `gorm:"type:hstore"`
	JSON     string     `gorm:"type:json"`
	Varchar  string     `gorm:"type:char varying(20)"`
	Time     *time.Time `gorm:"type:timestamptz(3)"`
	Numeric  string     `gorm:"type:dec(5,2)"`
	Ints     string     `gorm:"type:int4[]"`
}

type mysqlOtherTypes struct {
	ID       int64
	Enum     string     `gorm:"type:enum('a)','b')"`
	EnumCase string     `gorm:"type:enum('a','b')"`
	EnumNull string     `gorm:"type:enum('not null','x')"`
	Set      string     `gorm:"type:set('a','b')"`
	Float    float64    `gorm:"type:float(7,3)"`
	Double   float64    `gorm:"type:double precision"`
	Unsigned uint       `gorm:"type:int unsigned"`
	Signed   int        `gorm:"type:int(11)"`
	Bool     bool       `gorm:"type:boolean"`
	Decimal  float64    `gorm:"type:dec(5,2)"`
	Varchar  string     `gorm:"type:character varying(20)"`
	Time     *time.Time `gorm:"type:datetime(3)"`
	Latin    string     `gorm:"type:varchar(20) CHARACTER SET latin1"`
	Utf8     string     `gorm:"type:varchar(20) CHARACTER SET utf8"`
	JSON     string     `gorm:"type:json"`
}

type liteOtherTypes struct {
	ID   int64
	Text string     `gorm:"type:varchar(20)"`
	Int  int        `gorm:"type:int(11)"`
	Blob []byte     `gorm:"type:blob"`
	Real float64    `gorm:"type:double precision"`
	Time *time.Time `gorm:"type:timestamptz"`
}

// postgresElsewhere is in a schema that is not in the default search_path.
type postgresElsewhere struct {
	ID        int64
	Role      string `gorm:"type:user_role"`
	Public    string `gorm:"type:public.user_role"`
	Elsewhere string `gorm:"type:other.user_role"`
	Roles     string `gorm:"type:user_role[]"`
	Domain    string `gorm:"type:handle"`
	Citext    string `gorm:"type:citext"`
}

func (postgresElsewhere) TableName() string { return "other.elsewhere" }
